"""A person's verdict on a picture that waits, put in force as `wetplate.review` does in the end."""

from sqlalchemy.orm import Session

from wetplate.moderation import catalog, queue
from wetplate.moderation.judge import Judged


def decide(session: Session, recipe_id: str, verdict: str, name: str, reason: str, note: str = "") -> Judged:
    """The verdict of this person. Raises DecisionConflict if nothing waits."""
    catalog.lock(session, recipe_id)
    digest = queue.waiting_verdict(session, recipe_id).object_sha256
    reasons = (reason, f"note: {note}") if note else (reason,)
    return queue.put(session, recipe_id, digest, verdict, f"person:{name}", reasons)

"""Appeals: an image that was decided is looked at again.

Here: opening the task. Not here: notices (they open their own), deciding (`decisions`).

Rules:
1. Looking again changes nothing by itself: the verdict in force holds until another counts.
2. Whoever made the decision in force does not look at it again: neither on appeal nor when a senior reviewer
   has doubts (`reconsider`), who sends the image back through the review queue as another round.
"""

from sqlalchemy.orm import Session

from wetplate.errors import DecisionConflict, ImageUnknown, ModerationError
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog, deadlines, tasks
from wetplate.moderation.bands import REVIEW
from wetplate.moderation.tables import TaskRow, VerdictRow
from wetplate.recipes.tables import RecipeRow
from wetplate.retention.contacts import scrubbed
from wetplate.review.access import Person, Role, require
from wetplate.settings import reviewing
from wetplate.storage import outbox
from wetplate.storage.database import now

WORDS = 2000
PERSON = "person:"


def reconsider(session: Session, recipe_id: str, person: Person, why: str) -> TaskRow:
    """Open the review of a decided image again. Raises RoleRefused below senior, DecisionConflict."""
    require(person, Role.SENIOR)
    return _open(session, recipe_id, tasks.REVIEW, person.actor, why)


def appeal(session: Session, recipe_id: str, actor: str, why: str) -> TaskRow:
    """Have somebody else decide on an image again. Raises DecisionConflict while it is being decided."""
    return _open(session, recipe_id, tasks.APPEAL, actor, why)


def _open(session: Session, recipe_id: str, queue: str, actor: str, why: str) -> TaskRow:
    if not why.strip():
        raise ModerationError("say why this image should be looked at again")
    catalog.lock(session, recipe_id)
    verdict, recipe = _decided(session, recipe_id), session.get_one(RecipeRow, recipe_id)
    known, by = catalog.as_judged(verdict, ()), verdict.decided_by
    task = tasks.open(
        session,
        queue=queue,
        subject=recipe_id,
        object_sha256=verdict.object_sha256,
        family=recipe.family,
        due_at=deadlines.due(queue, now(), reviewing().sla_hours),
        slugs=known.slugs,
        sensitive=known.sensitive,
        restricted=known.restricted,
        excluded=[by.removeprefix(PERSON)] if by.startswith(PERSON) else [],
        opened_by=actor,
        why=scrubbed(why.strip())[:WORDS],
    )
    said = {"queue": queue, "round": task.round, "actor": actor}
    outbox.append(session, "review.reopened", key=recipe_id, family=recipe.family, **said)
    return task


def _decided(session: Session, recipe_id: str) -> VerdictRow:
    verdict, painting = catalog.last_verdict(session, recipe_id), session.get(PaintingRow, recipe_id)
    if verdict is None or painting is None or painting.sha256 != verdict.object_sha256:
        raise ImageUnknown(f"{recipe_id[:12]} has no verdict that could be looked at again")
    if verdict.verdict == REVIEW:
        raise DecisionConflict(f"{recipe_id[:12]} is not decided yet: it waits for a person")
    return verdict

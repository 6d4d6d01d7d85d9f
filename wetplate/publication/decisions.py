"""Decisions of reviewers that have been carried out: their events are ticked off.

A decision is carried out when what follows from the verdict now in force holds: the approved image is
canonical, the rejected one is not public. What cannot be said yet stays open, so that a decision that comes
in the middle of a run is never ticked off by it.
"""

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.moderation.tables import VerdictRow
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.recipes.tables import RecipeRow
from wetplate.storage import outbox
from wetplate.storage.outbox import Event

PUBLIC = tuple(state for state in State if state.public)


def settle(session: Session, family: str) -> int:
    """Mark the family's decisions that are carried out as handled; gives how many."""
    done = list(session.scalars(_carried_out(family)))
    outbox.handle(session, done)
    return len(done)


def _carried_out(family: str) -> Select[int]:
    newest = (
        select(func.max(VerdictRow.position))
        .where(VerdictRow.stream == Event.key)
        .correlate(Event)
        .scalar_subquery()
    )
    public = PublicationRow.state.in_(PUBLIC)
    holds = or_(
        RecipeRow.current.is_(False),
        and_(VerdictRow.verdict == "approve", CanonicalRow.id.is_not(None)),
        and_(VerdictRow.verdict != "approve", func.coalesce(public, False).is_(False)),
    )
    return (
        select(Event.id)
        .join(RecipeRow, RecipeRow.id == Event.key)
        .join(VerdictRow, and_(VerdictRow.stream == Event.key, VerdictRow.position == newest))
        .outerjoin(CanonicalRow, CanonicalRow.object_sha256 == VerdictRow.object_sha256)
        .outerjoin(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .where(Event.topic == "review.decided", Event.handled_at.is_(None), Event.family == family, holds)
        .order_by(Event.id)
    )

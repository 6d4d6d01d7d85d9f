"""Standing: what a decision meets in the catalog, read for the pure rules of `second`."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.moderation import catalog
from wetplate.moderation.tables import TaskRow
from wetplate.moderation.tasks import ESCALATED, SECOND
from wetplate.publication.notices.steps import Outcome
from wetplate.publication.notices.tables import NoticeRow
from wetplate.review import quarantine
from wetplate.review.reasons import NOTICE
from wetplate.review.second import Effect, First, Standing
from wetplate.review.tables import DecisionRow


def standing(session: Session, task: TaskRow) -> Standing:
    """What is in force about the task's subject, and which decision waits for a second person."""
    first = pending(decided(session, task.subject), task.object_sha256)
    restricted = quarantine.restricted(session, task.subject, task.object_sha256)
    if task.subject.startswith(NOTICE):
        withdrawn = _withdrawn(session.get(NoticeRow, task.subject.removeprefix(NOTICE)))
        return Standing(withdrawn=withdrawn, restricted=restricted, first=first)
    verdict = catalog.last_verdict(session, task.subject)
    if verdict is None or verdict.object_sha256 != task.object_sha256:
        return Standing(restricted=restricted, first=first)
    return Standing(verdict.verdict, verdict.decided_by, restricted, first=first)


def origin(session: Session, task: TaskRow) -> str:
    """The queue in whose words a task is decided: of a second opinion, the first one's."""
    if task.queue not in (SECOND, ESCALATED):
        return task.queue
    first = pending(decided(session, task.subject), task.object_sha256)
    return first.queue if first is not None else task.queue


def pending(rows: Sequence[DecisionRow], object_sha256: str) -> First | None:
    """The decision on these bytes that waits for a second person or for whoever decides between two."""
    first: First | None = None
    for row in rows:
        effect = row.details.get("effect")
        if row.object_sha256 != object_sha256:
            continue
        if effect == Effect.SECOND:
            first = First(row.id, row.reviewer, row.queue, row.decision)
        elif effect == Effect.IN_FORCE:
            first = None
    return first


def decided(session: Session, subject: str) -> Sequence[DecisionRow]:
    """Every decision about this subject, in order."""
    query = select(DecisionRow).where(DecisionRow.stream == subject).order_by(DecisionRow.position)
    return session.scalars(query).all()


def _withdrawn(notice: NoticeRow | None) -> bool:
    """Taken down by the decision, or hidden until there is one."""
    if notice is None or notice.outcome is None:
        return notice is not None and notice.withdrawn_at is not None
    return Outcome(notice.outcome).takes_down

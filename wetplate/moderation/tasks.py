"""Tasks: work that waits for a person. The only writer of their rows, with `leases`.

Here: opening, closing, finding, counting; holding and proposing are `leases`, called under this name too. Not
here: which verdict makes work (`worklist`), who may decide what and what follows from it (`wetplate.review`).

Rules:
1. Of one subject one task is open in a queue. Opening it again changes nothing, unless it is about other
   bytes: then the old one closes and a new round begins.
2. Whatever is opened about what is in quarantine is restricted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.moderation import quarantine
from wetplate.moderation.judge import POLICY
from wetplate.moderation.leases import (
    FRESH,
    IDLE,
    OPEN,
    due,
    get,
    held,
    lease,
    locked,
    propose,
    release,
    renew,
    take,
    undo,
    withdraw,
)
from wetplate.moderation.tables import TaskRow
from wetplate.storage.database import now as present

__all__ = [
    "APPEAL", "AUDIT", "ESCALATED", "IDLE", "OPEN", "QUEUES", "REVIEW", "SECOND", "TAKEDOWN", "Count",
    "about", "close", "close_those", "counts", "due", "get", "held", "lease", "locked", "of", "open",
    "open_new", "propose", "release", "renew", "restrict", "take", "undo", "withdraw",
]  # fmt: skip
REVIEW, SECOND, ESCALATED, APPEAL, TAKEDOWN, AUDIT = (
    "review", "second", "escalated", "appeal", "takedown", "audit",
)  # fmt: skip
QUEUES = (REVIEW, SECOND, ESCALATED, APPEAL, TAKEDOWN, AUDIT)
TOGETHER = 1000


@dataclass(frozen=True)
class Count:
    """How much is open in a queue, how long the oldest has waited, how many are past their time."""

    open: int
    oldest: timedelta
    overdue: int


def open(
    session: Session,
    *,
    queue: str,
    subject: str,
    object_sha256: str,
    family: str,
    slugs: Collection[str] = (),
    sensitive: bool = False,
    restricted: bool = False,
    due_at: datetime,
    excluded: Collection[str] = (),
    opened_by: str = POLICY,
    why: str = "",
) -> TaskRow:
    """The open task of this subject in this queue; made if there is none, or one about other bytes.

    What is said of the bytes (`slugs`, `sensitive`, `restricted`) is taken over also by a task that is open.
    """
    restricted = restricted or quarantine.restricted(session, subject, object_sha256)
    of_bytes = {
        "slugs": sorted(set(slugs)),
        "sensitive": sensitive or restricted,
        "restricted": restricted,
    }
    known = of(session, queue, subject)
    if known is not None and known.object_sha256 != object_sha256:
        close(session, subject, queue)
    made = insert(TaskRow).values(
        queue=queue,
        subject=subject,
        object_sha256=object_sha256,
        family=family,
        round=_rounds(session, queue, subject) + 1,
        opened_by=opened_by,
        why=why,
        excluded=sorted(set(excluded)),
        skipped={},
        due_at=due_at,
        **of_bytes,
    )
    once = made.on_conflict_do_update(
        index_elements=[TaskRow.queue, TaskRow.subject], index_where=OPEN, set_=of_bytes
    )
    return session.scalars(once.returning(TaskRow), execution_options=FRESH).one()


def open_new(session: Session, wanted: Sequence[Mapping[str, Any]]) -> int:
    """Open many tasks at once of subjects about which nothing is open; gives how many were.

    Each says `queue`, `subject`, `object_sha256`, `family`, `slugs`, `sensitive`, `restricted`, `due_at`.
    """
    opened = 0
    for start in range(0, len(wanted), TOGETHER):
        batch = wanted[start : start + TOGETHER]
        last = select(TaskRow.queue, TaskRow.subject, func.max(TaskRow.round))
        last = last.where(TaskRow.subject.in_([each["subject"] for each in batch]))
        grouped = session.execute(last.group_by(TaskRow.queue, TaskRow.subject))
        rounds = {(queue, subject): number for queue, subject, number in grouped}
        rows = [
            {
                **{"opened_by": POLICY, "why": "", "excluded": [], "skipped": {}, **each},
                "round": rounds.get((each["queue"], each["subject"]), 0) + 1,
            }
            for each in batch
        ]
        made = insert(TaskRow).on_conflict_do_nothing().returning(TaskRow.id)
        opened += len(session.scalars(made, rows).all())
    return opened


def close(
    session: Session, subject: str, queue: str | None = None, *, opened_by: str | None = None
) -> list[int]:
    """Close what is open of this subject, in one queue or in all; gives the ids."""
    which = [TaskRow.subject == subject, OPEN]
    which += [TaskRow.queue == queue] if queue is not None else []
    which += [TaskRow.opened_by == opened_by] if opened_by is not None else []
    done = update(TaskRow).where(*which).values(closed_at=present(), **IDLE).returning(TaskRow.id)
    return list(session.scalars(done, execution_options=FRESH))


def restrict(session: Session, subject: str) -> None:
    """Put whatever is open about this subject into quarantine."""
    shut = update(TaskRow).where(TaskRow.subject == subject, OPEN).values(restricted=True, sensitive=True)
    session.execute(shut, execution_options=FRESH)


def close_those(session: Session, ids: Sequence[int]) -> int:
    """Close these, those of them that are open; gives how many."""
    closed = 0
    for start in range(0, len(ids), TOGETHER):
        done = update(TaskRow).where(TaskRow.id.in_(ids[start : start + TOGETHER]), OPEN)
        done = done.values(closed_at=present(), **IDLE)
        closed += len(session.scalars(done.returning(TaskRow.id), execution_options=FRESH).all())
    return closed


def of(session: Session, queue: str, subject: str) -> TaskRow | None:
    """The open task of this subject in this queue."""
    query = select(TaskRow).where(TaskRow.queue == queue, TaskRow.subject == subject, OPEN)
    return session.scalars(query, execution_options=FRESH).first()


def about(session: Session, subject: str) -> list[TaskRow]:
    """Every open task of this subject."""
    query = select(TaskRow).where(TaskRow.subject == subject, OPEN).order_by(TaskRow.due_at, TaskRow.id)
    return list(session.scalars(query, execution_options=FRESH))


def counts(session: Session, now: datetime) -> dict[str, Count]:
    """Of every queue, how much is open and since when."""
    late = func.count().filter(TaskRow.due_at < now)
    query = (
        select(TaskRow.queue, func.count(), func.min(TaskRow.at), late).where(OPEN).group_by(TaskRow.queue)
    )
    found = {row[0]: Count(row[1], now - row[2], row[3]) for row in session.execute(query)}
    return {queue: found.get(queue, Count(0, timedelta(0), 0)) for queue in QUEUES}


def _rounds(session: Session, queue: str, subject: str) -> int:
    query = select(func.coalesce(func.max(TaskRow.round), 0))
    return session.scalar(query.where(TaskRow.queue == queue, TaskRow.subject == subject)) or 0

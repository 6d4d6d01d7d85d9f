"""The catalog of purges: the only writer of their rows.

Here: which event is owed to which cache, who works on it, what became of it. Not here: purging (`fan_out`).

Rules:
1. A row per event and cache, made from the outbox by whoever comes first: nothing is owed only in somebody's
   head.
2. Whoever works on an event holds its advisory lock until the transaction ends; others pass it by. A crash
   frees the lock and leaves the row as it was.
3. Only events of the last day count: no cache keeps anything longer.
4. What was purged is not done until it was seen from outside, and purged once more when everything that was
   under way has arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, update, values
from sqlalchemy import column as named_column
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from wetplate.delivery import caching
from wetplate.delivery.purging.schedule import LONGEST, SETTLING, TOPICS, backoff
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.storage.outbox import Event

BATCH = 200
LOCKS = 0x70757267  # the class of our advisory locks; the second number is the event


@dataclass(frozen=True)
class Owed:
    """One row with the event it is about."""

    row: PurgeRow
    image: str
    family: str

    @property
    def tags(self) -> tuple[str, ...]:
        """What a cache forgets on this event: the image, and what lists the family's images."""
        return (caching.tags(self.image, self.family)[0], caching.listing(self.family))


def expect(session: Session, targets: Sequence[str], now: datetime) -> int:
    """Write down what is owed to these caches; gives how many rows are new."""
    if not targets:
        return 0
    owed = _unwritten(session, targets, now)
    columns = ["event_id", "target", "attempts", "at", "next_at"]
    made = insert(PurgeRow).from_select(columns, owed).on_conflict_do_nothing()
    return len(session.execute(made.returning(PurgeRow.id)).all())


def claim(session: Session, targets: Sequence[str], now: datetime, limit: int = BATCH) -> list[Owed]:
    """What is not done of events that have something due and that nobody else works on, oldest first."""
    due = _open(targets).where(PurgeRow.next_at <= now)
    events = session.scalars(
        due.with_only_columns(PurgeRow.event_id).distinct().order_by(PurgeRow.event_id).limit(limit)
    ).all()
    mine = [event for event in events if session.scalar(select(func.pg_try_advisory_xact_lock(LOCKS, event)))]
    rows = (
        _open(targets)
        .join(Event, Event.id == PurgeRow.event_id)
        .where(PurgeRow.event_id.in_(mine))
        .add_columns(Event.key, Event.family)
        .order_by(PurgeRow.event_id, PurgeRow.target)
        .execution_options(populate_existing=True)
    )
    return [Owed(*row) for row in session.execute(rows)]


def pending(session: Session, targets: Sequence[str], now: datetime) -> int:
    """How many purges are owed to these caches and not verified yet."""
    if not targets:
        return 0
    unwritten = session.scalar(select(func.count()).select_from(_unwritten(session, targets, now).subquery()))
    written = _open(targets).where(PurgeRow.verified_at.is_(None)).with_only_columns(func.count())
    return (unwritten or 0) + (session.scalar(written) or 0)


def overdue(session: Session, targets: Sequence[str], before: datetime) -> bool:
    """Whether something was due before that moment and is still not done."""
    late = _open(targets).where(PurgeRow.next_at < before).limit(1)
    if session.scalars(late).first() is not None:
        return True
    unwritten = _unwritten(session, targets, before) if targets else None
    return (
        unwritten is not None
        and session.execute(unwritten.where(Event.at < before).limit(1)).first() is not None
    )


def next_due(session: Session, targets: Sequence[str]) -> datetime | None:
    """When the next purge is to be tried; None: all are done."""
    return session.scalar(_open(targets).with_only_columns(func.min(PurgeRow.next_at)))


def purged(row: PurgeRow, now: datetime) -> None:
    """The cache has confirmed; a second confirmation after verification settles the row."""
    row.attempts += 1
    row.error = None
    if row.verified_at is not None:
        row.settled_at = now
    elif row.purged_at is None:
        row.purged_at = now


def verified(row: PurgeRow, now: datetime) -> None:
    """Seen from outside; purged once more later."""
    row.verified_at, row.error = now, None
    row.next_at = now + SETTLING


def refused(row: PurgeRow, why: str, now: datetime, *, failed: bool = True) -> None:
    """Did not work, or (`failed` False) cannot be seen to have worked: again later, ever less often."""
    row.attempts += failed
    row.error = why[:500]
    row.next_at = now + backoff(row.attempts)


def lapse(session: Session, now: datetime) -> None:
    """Be done with what no cache can hold any more."""
    over = select(Event.id).where(Event.id == PurgeRow.event_id, Event.at < now - 2 * LONGEST)
    session.execute(
        update(PurgeRow).where(PurgeRow.settled_at.is_(None), over.exists()).values(settled_at=now)
    )


def _open(targets: Sequence[str]) -> Select[PurgeRow]:
    return select(PurgeRow).where(PurgeRow.settled_at.is_(None), PurgeRow.target.in_(targets))


def _unwritten(session: Session, targets: Sequence[str], now: datetime) -> Select[Any]:
    """Events of the last day without a row for one of the caches, in the shape of rows."""
    caches = values(named_column("target", String), name="caches").data([(target,) for target in targets])
    there = select(PurgeRow.id).where(PurgeRow.event_id == Event.id, PurgeRow.target == caches.c.target)
    return (
        select(Event.id, caches.c.target, literal(0), literal(now), literal(now))
        .select_from(Event)
        .join(caches, literal(True))
        .where(Event.topic.in_(TOPICS), Event.id > _older(session, now), Event.at > now - LONGEST)
        .where(~there.exists())
        .order_by(Event.id)
    )


def _older(session: Session, now: datetime) -> int:
    """An event that is older than the day that counts, hence all before it are: ids grow with time."""
    before = select(PurgeRow.event_id).where(PurgeRow.at < now - LONGEST)
    return session.scalar(before.order_by(PurgeRow.event_id.desc()).limit(1)) or 0

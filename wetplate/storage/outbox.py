"""The transactional outbox: what happened, told once, in commit order.

Here: appending, reading by id, marking handled, forgetting. Not here: what an event means to anybody.

Rules:
1. An event is appended in the transaction that changes the state it tells of.
2. Ids are monotone in commit order: `append` holds a transaction-level advisory lock, so that a reader with a
   cursor never misses an event that got a lower id and committed later.
3. Topics in HANDLED are work: somebody sets `handled_at` when it is done. All others are news.
4. Whoever listens on CHANNEL is told `<id> <topic> <key>` at commit: a hint to look now. The table is the
   truth; a listener that was away reads it from its cursor.
5. Whoever appends what strangers bring about asks `full` first, and has it pruned when it is old. All other
   events stay as record.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, delete, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from wetplate.storage.database import Base, Json, now

HANDLED = ("review.decided", "notice.decided", "image.withdrawn", "image.reinstated", "transform.requested")
LOCK = 0x77657470
CHANNEL = "wetplate_outbox"


class Event(Base):
    """One line of news: `topic` is `<noun>.<participle>`, `key` what it is about, `family` whose it is."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    family: Mapped[str]
    payload: Mapped[Json]
    at: Mapped[datetime] = mapped_column(default=now)
    handled_at: Mapped[datetime | None]


Index("outbox_unhandled", Event.topic, Event.id, postgresql_where=Event.handled_at.is_(None))
Index("outbox_topic", Event.topic, Event.id)


def append(session: Session, topic: str, *, key: str, family: str, **payload: object) -> Event:
    """Tell that something happened, in the caller's transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    event = Event(topic=topic, key=key, family=family, payload=payload)
    session.add(event)
    session.flush()
    session.execute(
        text("SELECT pg_notify(:channel, :news)"), {"channel": CHANNEL, "news": f"{event.id} {topic} {key}"}
    )
    return event


def after(session: Session, cursor: int, topics: Sequence[str], *, limit: int = 100) -> Sequence[Event]:
    """Events with an id above the cursor, oldest first."""
    query = select(Event).where(Event.id > cursor, Event.topic.in_(topics)).order_by(Event.id).limit(limit)
    return session.scalars(query).all()


def unhandled(
    session: Session,
    *,
    topics: Sequence[str] = HANDLED,
    before: datetime | None = None,
    cursor: int = 0,
    limit: int = 100,
) -> Sequence[Event]:
    """Work nobody finished with an id above the cursor, oldest first; `before` leaves out what is fresh."""
    query = select(Event).where(Event.handled_at.is_(None), Event.topic.in_(topics), Event.id > cursor)
    if before is not None:
        query = query.where(Event.at < before)
    return session.scalars(query.order_by(Event.id).limit(limit)).all()


def handle(session: Session, ids: Sequence[int]) -> None:
    """Mark work as done."""
    session.execute(
        update(Event).where(Event.id.in_(ids), Event.handled_at.is_(None)).values(handled_at=now())
    )


def full(session: Session, topic: str, most: int) -> bool:
    """Whether so many events of the topic wait for somebody to handle them."""
    waiting = select(Event.id).where(Event.handled_at.is_(None), Event.topic == topic)
    return session.scalar(waiting.offset(most - 1).limit(1)) is not None


def prune(session: Session, topics: Sequence[str], *, before: datetime) -> int:
    """Forget old events of these topics, work only when it is done; gives how many went.

    The newest event of all stays, whatever it tells: readers hold it as their cursor.
    """
    done = or_(Event.topic.not_in(HANDLED), Event.handled_at.is_not(None))
    newest = select(func.max(Event.id)).scalar_subquery()
    old = delete(Event).where(Event.topic.in_(topics), done, Event.at < before, Event.id < newest)
    return len(session.execute(old.returning(Event.id)).all())

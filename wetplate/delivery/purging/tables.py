"""Purges as rows: which cache has confirmed which event. Written by `purging.catalog` only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class PurgeRow(Base):
    """One event towards one target.

    `purged_at` is when the cache first confirmed, `verified_at` when requests from outside showed it,
    `settled_at` when it confirmed once more, after anything that was under way had arrived: then the row is
    done. `error` is the last refusal, `next_at` when the next attempt is due.
    """

    __tablename__ = "purges"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    target: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)
    next_at: Mapped[datetime] = mapped_column(default=now)
    purged_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


Index("purges_once", PurgeRow.event_id, PurgeRow.target, unique=True)
Index("purges_pending", PurgeRow.next_at, postgresql_where=PurgeRow.settled_at.is_(None))

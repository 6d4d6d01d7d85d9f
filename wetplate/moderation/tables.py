"""Signals and verdicts as rows, both append-only. Written by `wetplate.moderation.catalog` only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, now


class SignalRow(Base):
    """One stored signal; never overwritten: a new detector revision adds rows."""

    __tablename__ = "signals"
    id: Mapped[int] = mapped_column(primary_key=True)
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"))
    object_sha256: Mapped[str]
    detector: Mapped[str]
    revision: Mapped[str]
    label: Mapped[str]
    score: Mapped[float | None]
    error: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)


Index("signals_object", SignalRow.object_sha256)


class VerdictRow(Chained, Base):
    """A verdict on one painting; `stream` is the recipe id, the highest position is in force.

    `verdict` is approve, review or reject; `decided_by` is `policy` or `person:<name>`; `reasons` name the
    rules. A verdict holds for the bytes of `object_sha256` only.
    """

    __tablename__ = "verdicts"
    object_sha256: Mapped[str]
    verdict: Mapped[str]
    decided_by: Mapped[str]
    policy: Mapped[str]
    policy_sha256: Mapped[str]
    reasons: Mapped[list[str]]


Index("verdicts_object", VerdictRow.object_sha256)
Index(
    "verdicts_waiting",
    VerdictRow.stream,
    VerdictRow.position,
    postgresql_where=VerdictRow.verdict == "review",
)

"""Notices, their images, what happened to them, and their evidence. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, Json, now


class NoticeRow(Base):
    """A complaint and the state it is in. Written by `wetplate.publication.notices.catalog` only.

    `kind` is dmca, dsa or other; `located` says by which URLs, hashes or upload; `said` what it claims, less
    everything about persons: names, addresses and signatures are personal fields of subject `notice:<id>`.
    `receipt` is the SHA-256 of the token with which whoever complained sees what became of it.
    """

    __tablename__ = "notices"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str | None]
    located: Mapped[Json]
    said: Mapped[Json]
    receipt: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


Index("notices_state", NoticeRow.state, NoticeRow.at)
Index("notices_due", NoticeRow.due_at, postgresql_where=NoticeRow.closed_at.is_(None))


class NoticeImageRow(Base):
    """An image a notice is about. Written by `wetplate.publication.notices.catalog` only.

    `relation` is named, redacted, same_pixels or near; `decision` is proposed, included or left_out.
    """

    __tablename__ = "notice_images"
    notice: Mapped[str] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True, index=True)
    relation: Mapped[str]
    decision: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class NoticeEventRow(Chained, Base):
    """One step of a notice; `stream` is its id. Written by `wetplate.publication.notices.catalog` only."""

    __tablename__ = "notice_events"
    event: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    actor: Mapped[str]
    details: Mapped[Json]


class EvidenceRow(Base):
    """An object kept as evidence. Written by `wetplate.publication.notices.evidence` only."""

    __tablename__ = "evidence"
    key: Mapped[str] = mapped_column(primary_key=True, info={"object_key": True})
    notice: Mapped[str] = mapped_column(ForeignKey("notices.id"), index=True)
    sha256: Mapped[str]
    bytes: Mapped[int]
    what: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]

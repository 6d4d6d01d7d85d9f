"""Personal fields, legal holds and the restricted area as rows. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, now


class PersonalKeyRow(Base):
    """The key of one subject's personal fields, wrapped. Written by `wetplate.retention.personal` only.

    `key` is null once the subject was erased: what was sealed with it can be read by nobody.
    """

    __tablename__ = "personal_keys"
    subject: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(default=now)
    erased_at: Mapped[datetime | None]


class PersonalRow(Base):
    """One personal field, sealed with its subject's key. Written by `wetplate.retention.personal` only."""

    __tablename__ = "personal"
    subject: Mapped[str] = mapped_column(ForeignKey("personal_keys.subject"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(default=now)


class ErasureRow(Chained, Base):
    """A subject's personal fields were erased; `stream` is the subject, a pseudonym.

    Written by `wetplate.retention.personal` only.
    """

    __tablename__ = "erasures"
    actor: Mapped[str]
    reason: Mapped[str]
    fields: Mapped[list[str]]


class HoldRow(Chained, Base):
    """A legal hold placed or lifted; `stream` is what it covers. Written by `wetplate.retention.holds` only.

    `action` is place or lift; `until` null means until it is lifted.
    """

    __tablename__ = "holds"
    action: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    until: Mapped[datetime | None]


class RestrictedRow(Base):
    """An object that was moved out of reach until it may be deleted.

    Written by `wetplate.retention.restricted` only. `key` is where it stood, `moved_to` where it stands now
    (null once deleted), `subject` the recipe id it belongs to. The row stays as tombstone.
    """

    __tablename__ = "restricted"
    key: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    moved_to: Mapped[str | None] = mapped_column(info={"object_key": True})
    sha256: Mapped[str]
    bytes: Mapped[int]
    content_type: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    retain_until: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


Index("restricted_due", RestrictedRow.retain_until, postgresql_where=RestrictedRow.deleted_at.is_(None))
Index("restricted_subject", RestrictedRow.subject)

"""Derivatives and placeholders as rows. Written by `wetplate.derivatives.catalog` only."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class DerivativeRow(Base):
    """One derivative. `sha256` is that of the bytes that leave; `name` is content-hashed: `<sha256[:16]>-<width>.<ext>`.

    `encoder` and `options` say how it was made; `credentials` is `embedded` or `sidecar` (C2PA).
    """

    __tablename__ = "derivatives"
    __table_args__ = (UniqueConstraint("canonical_id", "profile", "width", "format"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"))
    profile: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    lossless: Mapped[bool]
    quality: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str]
    bytes: Mapped[int]
    credentials: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class PlaceholderRow(Base):
    """What a page shows before the first byte: ThumbHash (base64) and dominant colour (`#rrggbb`)."""

    __tablename__ = "placeholders"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    thumbhash: Mapped[str]
    dominant: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)

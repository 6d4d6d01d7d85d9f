"""Derivatives, transforms and placeholders as rows. Each class names its only writer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class DerivativeRow(Base):
    """One derivative, made ahead. Written by `wetplate.derivatives.catalog` only.

    `sha256` is that of the bytes that leave, `name` is content-hashed: `<sha256[:16]>-<width>.<ext>`; two
    rows share a name only where they share the bytes. `credentials` is `full`, `short` (in older rows
    `embedded`) or `sidecar`: then the C2PA manifest stands beside the object, under `manifest_key` =
    `<key>.c2pa`. `withdrawn_at` is set when the
    image is taken down: the row stays as record, its object is deleted, and the image, once reinstated, is
    derived anew. A row is in force while it is null; only rows in force are unique. `score` is what `scorer`
    (a metric with its implementation) gave the file against the picture at its size; null where the quality
    was fixed or lossless. `tries`: how many encodings were made for the file; null in rows older than it.
    """

    __tablename__ = "derivatives"
    id: Mapped[int] = mapped_column(primary_key=True)
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"))
    profile: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    lossless: Mapped[bool]
    quality: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(info={"object_key": True})
    manifest_key: Mapped[str | None] = mapped_column(info={"object_key": True})
    bytes: Mapped[int]
    credentials: Mapped[str]
    score: Mapped[float | None]
    scorer: Mapped[str | None]
    tries: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


Index(
    "derivatives_in_force",
    DerivativeRow.canonical_id,
    DerivativeRow.profile,
    DerivativeRow.width,
    DerivativeRow.format,
    unique=True,
    postgresql_where=DerivativeRow.withdrawn_at.is_(None),
)
Index(
    "derivatives_withdrawn",
    DerivativeRow.canonical_id,
    postgresql_where=DerivativeRow.withdrawn_at.is_not(None),
)
Index("derivatives_name", DerivativeRow.name)


class TransformRow(Base):
    """One file made because somebody asked for it. Written by `wetplate.derivatives.ondemand` only.

    `transform` is its text with extension (`w640_crop4x5.avif`), `tier` is `fast` (made while somebody waits:
    marked, not signed) or `production` (made afterwards: quality searched for, signed). `name` is
    content-hashed like a derivative's. `superseded_at` is set on a fast file when its production file stands:
    then its object may go. `withdrawn_at` as for derivatives. Only rows that are neither are in force.
    """

    __tablename__ = "transforms"
    id: Mapped[int] = mapped_column(primary_key=True)
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"))
    version: Mapped[int]
    transform: Mapped[str]
    tier: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    quality: Mapped[int | None]
    score: Mapped[float | None]
    scorer: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(info={"object_key": True})
    manifest_key: Mapped[str | None] = mapped_column(info={"object_key": True})
    bytes: Mapped[int]
    credentials: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    superseded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


Index(
    "transforms_in_force",
    TransformRow.canonical_id,
    TransformRow.version,
    TransformRow.transform,
    TransformRow.tier,
    unique=True,
    postgresql_where=TransformRow.withdrawn_at.is_(None) & TransformRow.superseded_at.is_(None),
)
Index(
    "transforms_withdrawn",
    TransformRow.canonical_id,
    postgresql_where=TransformRow.withdrawn_at.is_not(None),
)
Index("transforms_name", TransformRow.name)
Index(
    "transforms_age", TransformRow.tier, TransformRow.at, postgresql_where=TransformRow.withdrawn_at.is_(None)
)


class PlaceholderRow(Base):
    """What a page shows before the first byte: ThumbHash (base64) and dominant colour (`#rrggbb`)."""

    __tablename__ = "placeholders"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    thumbhash: Mapped[str]
    dominant: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)

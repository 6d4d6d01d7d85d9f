"""Canonical images as rows. Written by `wetplate.canonical.catalog` only; the database refuses any change."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class CanonicalRow(Base):
    """One canonical image.

    `id` is the SHA-256 of its stored bytes, `pixel_sha256` that of its decoded pixels, `phash` 16 hex digits.
    `object_sha256` names the painting's bytes that moderation judged: the verdict on them, and on no others,
    lets the image live. Two recipes that paint the very same pixels share one image: the first one's.
    """

    __tablename__ = "canonical_images"
    id: Mapped[str] = mapped_column(primary_key=True)
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"), unique=True)
    family: Mapped[str] = mapped_column(ForeignKey("families.slug"), index=True)
    object_sha256: Mapped[str] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(info={"object_key": True})
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    pixel_sha256: Mapped[str] = mapped_column(index=True)
    phash: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)

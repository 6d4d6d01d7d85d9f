"""Canonical images as rows. Written by `wetplate.canonical.catalog` only; the database refuses UPDATE and DELETE."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, now


class CanonicalRow(Base):
    """One canonical image. `id` is the SHA-256 of its stored bytes; `pixel_sha256` of its decoded RGB; `phash` 16 hex."""

    __tablename__ = "canonical_images"
    id: Mapped[str] = mapped_column(primary_key=True)
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"), unique=True)
    family: Mapped[str] = mapped_column(ForeignKey("families.slug"), index=True)
    key: Mapped[str]
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    pixel_sha256: Mapped[str]
    phash: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)

"""Publications and their moves as rows.

Written by `wetplate.publication.moves` only; moves are append-only.
"""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.chain import Chained
from wetplate.storage.database import Base, now


class PublicationRow(Base):
    """The state an image is in; `version` is the security version that signed and cached URLs carry."""

    __tablename__ = "publications"
    canonical_id: Mapped[str] = mapped_column(ForeignKey("canonical_images.id"), primary_key=True)
    family: Mapped[str] = mapped_column(ForeignKey("families.slug"), index=True)
    profile: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(default=now)


class MoveRow(Chained, Base):
    """One move of one publication; `stream` is the canonical id."""

    __tablename__ = "moves"
    move: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]

"""Paintings and budgets as rows. Written by `wetplate.generation.catalog` and `.budget` only."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, Json, now


class PaintingRow(Base):
    """The one painting of a recipe, waiting in the private area. `sha256` is that of the stored PNG bytes."""

    __tablename__ = "paintings"
    recipe_id: Mapped[str] = mapped_column(ForeignKey("recipes.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(info={"object_key": True})
    bytes: Mapped[int]
    runtime: Mapped[Json]
    model_files: Mapped[Json]
    seconds: Mapped[float]
    run_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class BudgetRow(Base):
    """What a family has spent on one day (UTC): images reserved or painted, milliseconds on the device."""

    __tablename__ = "budgets"
    family: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    images: Mapped[int] = mapped_column(default=0)
    device_ms: Mapped[int] = mapped_column(default=0)
    granted_at: Mapped[datetime] = mapped_column(default=now)

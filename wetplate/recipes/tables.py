"""Families and their recipes as rows. Written by `wetplate.recipes.catalog` only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from wetplate.storage.database import Base, Json, now


class FamilyRow(Base):
    """A registered product family; `digest` is the SHA-256 of what its file says, less layout."""

    __tablename__ = "families"
    slug: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    digest: Mapped[str]
    definition: Mapped[Json]
    registered_at: Mapped[datetime] = mapped_column(default=now)


class RecipeRow(Base):
    """One recipe of a family. `current` is false once the family file no longer yields it.

    `kind` is generation (a model paints it), original (a picture from outside) or redaction (another picture
    with regions covered); the last two come from no family file and their `body` says where from.
    """

    __tablename__ = "recipes"
    id: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(ForeignKey("families.slug"))
    kind: Mapped[str] = mapped_column(default="generation")
    position: Mapped[int]
    variant: Mapped[Json]
    body: Mapped[Json]
    current: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(default=now)


#: Of a redaction, the recipe it was made from; null of any other.
OF = RecipeRow.body.op("->>")(literal_column("'of'"))
Index("recipes_family", RecipeRow.family, RecipeRow.position, postgresql_where=RecipeRow.current)
Index("recipes_of", OF)

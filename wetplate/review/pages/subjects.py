"""What a task is about, read from the rows of other stages. Reads only; callers open the transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.errors import ImageError, ImageUnknown, StorageError
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import size as dimensions
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.retention import restricted
from wetplate.review.pages import words
from wetplate.review.reasons import NOTICE
from wetplate.storage.objects import Objects


@dataclass(frozen=True)
class Subject:
    """A picture that somebody decides on: its recipe, and its painting where there is one."""

    recipe: RecipeRow
    painting: PaintingRow | None
    family: str

    @property
    def name(self) -> str:
        """The variant in words."""
        return words.variant(self.recipe.variant, f"Picture {self.recipe.id[: words.HEAD]}")

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height where the recipe says them."""
        width, height = self.recipe.body.get("width"), self.recipe.body.get("height")
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def subject(session: Session, recipe_id: str) -> Subject:
    """Raises ImageUnknown."""
    recipe = session.get(RecipeRow, recipe_id)
    if recipe is None:
        raise ImageUnknown(f"no picture {recipe_id[: words.HEAD]!r} is known here; go back to the queue")
    family = session.get_one(FamilyRow, recipe.family)
    return Subject(recipe, session.get(PaintingRow, recipe_id), family.title)


def title(session: Session, named: str) -> str:
    """What a subject is called in a line of text; of a notice, its id."""
    if named.startswith(NOTICE):
        return f"notice {named.removeprefix(NOTICE)[: words.HEAD]}"
    recipe = session.get(RecipeRow, named)
    return words.variant(recipe.variant, named[: words.HEAD]) if recipe else named[: words.HEAD]


def variants(session: Session, recipe_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """The variants of these recipes."""
    query = select(RecipeRow.id, RecipeRow.variant).where(RecipeRow.id.in_(recipe_ids))
    return dict(session.execute(query).all())


def away(session: Session, recipe_ids: Collection[str]) -> set[str]:
    """Those of these whose picture was redacted since: it was moved out of reach."""
    row = PaintingRow
    query = select(row.recipe_id).where(row.recipe_id.in_(recipe_ids), restricted.apart(row.key))
    return set(session.scalars(query))


def size(objects: Objects, about: Subject) -> tuple[int, int]:
    """Width and height: as the recipe says them, else as the file does; nothing is known of what is gone."""
    if about.size:
        return about.size
    if about.painting is None:
        return 1, 1
    try:
        return dimensions(objects.get(about.painting.key))
    except (StorageError, ImageError):
        return 1, 1

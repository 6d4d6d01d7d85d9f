"""The catalog of paintings: the only writer of their rows.

Here: what still has to be painted, keeping a painting, reading its pixels. Not here: budgets (`budget`).

Rules:
1. Object first, then row: a crash between the two leaves an orphan for the sweep, never a row without bytes.
2. One painting per recipe: whoever keeps first wins, and a second call gives the first row back.
3. The stored PNG carries pixels and nothing else: no prompt, no parameters.
4. With a painting its look is kept, by which it can be found again.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import ImageUnknown
from wetplate.generation.painter import Painting, Pixels
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.recipes import recipe as recipes
from wetplate.recipes.catalog import GENERATION
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import RecipeRow
from wetplate.similarity import catalog as similarity
from wetplate.similarity.blocklist import Kind, blocked, require_unblocked
from wetplate.similarity.tables import FingerprintRow
from wetplate.storage.objects import Objects, sha256


def unpainted(session: Session, family: str) -> list[Recipe]:
    """The family's current recipes that have no painting yet and are not blocked, in the file's order."""
    query = (
        select(RecipeRow.body)
        .outerjoin(PaintingRow, PaintingRow.recipe_id == RecipeRow.id)
        .where(RecipeRow.family == family, RecipeRow.current, RecipeRow.kind == GENERATION)
        .where(PaintingRow.recipe_id.is_(None), ~blocked(Kind.RECIPE, RecipeRow.id))
        .order_by(RecipeRow.position)
    )
    return [recipes.read(body) for body in session.scalars(query)]


def keep(session: Session, objects: Objects, painting: Painting, *, run_id: str) -> PaintingRow:
    """The row of the recipe's painting, made from this one unless there is one already.

    Raises ImageUnknown for a recipe that is not registered, Blocked for one that was taken down, StorageFull,
    StorageError.
    """
    recipe_id = painting.recipe.id
    kept = session.get(PaintingRow, recipe_id)
    if kept is not None:
        return kept
    require_unblocked(session, recipe_id=recipe_id)
    if session.get(RecipeRow, recipe_id) is None:
        raise ImageUnknown(f"recipe {recipe_id[:12]} is not registered; register its family first")
    made = {
        "runtime": asdict(painting.runtime),
        "model_files": dict(painting.model_files),
        "seconds": painting.seconds,
        "run_id": run_id,
    }
    return _kept(session, objects, recipe_id, painting.pixels, made)


def keep_pixels(
    session: Session, objects: Objects, recipe_id: str, pixels: Pixels, painter: str
) -> PaintingRow:
    """The same for a picture that no model painted: `painter` says who made it (`adoption`, `redaction`).

    Raises ImageUnknown, Blocked, StorageFull, StorageError.
    """
    kept = session.get(PaintingRow, recipe_id)
    if kept is not None:
        return kept
    require_unblocked(session, recipe_id=recipe_id)
    if session.get(RecipeRow, recipe_id) is None:
        raise ImageUnknown(f"recipe {recipe_id[:12]} is not registered; enter it first")
    made = {"runtime": {"painter": painter}, "model_files": {}, "seconds": 0.0, "run_id": ""}
    return _kept(session, objects, recipe_id, pixels, made)


def _kept(
    session: Session, objects: Objects, recipe_id: str, pixels: Pixels, made: Mapping[str, Any]
) -> PaintingRow:
    png = encode(pixels, PNG)
    head = objects.put(key(recipe_id, sha256(png)), png, content_type="image/png")
    stored = {"recipe_id": recipe_id, "sha256": head.sha256, "key": head.key, "bytes": head.size}
    session.execute(insert(PaintingRow).values(stored | dict(made)).on_conflict_do_nothing())
    similarity.keep(session, recipe_id, head.sha256, pixels)
    return session.get_one(PaintingRow, recipe_id)


def look_again(session: Session, objects: Objects, family: str) -> int:
    """Keep the looks of paintings older than looks are kept; gives how many. Raises what `pixels` does."""
    seen = exists().where(FingerprintRow.object_sha256 == PaintingRow.sha256)
    ours = select(PaintingRow).join(RecipeRow, RecipeRow.id == PaintingRow.recipe_id)
    rows = session.scalars(ours.where(RecipeRow.family == family, ~seen)).all()
    for row in rows:
        similarity.keep(session, row.recipe_id, row.sha256, pixels(objects, row))
    return len(rows)


def key(recipe_id: str, digest: str) -> str:
    """Where a painting waits in the private area."""
    return f"paintings/{recipe_id[:2]}/{recipe_id}/{digest}.png"


def pixels(objects: Objects, row: PaintingRow) -> Pixels:
    """The painting as (H, W, 3) 8-bit sRGB.

    Raises ObjectMissing, and ImageError for bytes that are no picture.
    """
    return decode(objects.get(row.key))

"""The private record of where each image comes from: the only writer of provenance rows.

Here: writing the record once per image, and the claim that points to it. Not here: the manifest (`claim`),
what a licence allows (`licence`).

Rules:
1. Only an approved image gets a record; the verdict is read here, not remembered.
2. The first record stays: its public id and its salt are drawn once, and recording again changes nothing.
3. What is recorded is what was painted with (recipe and painting), not what the family file says today; only
   the licence comes from the family.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.canonical.catalog import require_approved
from wetplate.canonical.gate import approved_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import ImageUnknown, ProvenanceError
from wetplate.generation.tables import PaintingRow
from wetplate.provenance.claim import Claim, commitment
from wetplate.provenance.metadata import TRAINED
from wetplate.provenance.tables import ProvenanceRow
from wetplate.recipes import recipe as recipes
from wetplate.recipes.family import Family
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import RecipeRow

TOKENS = ("salt", "at")


def unrecorded(session: Session, family: str) -> list[str]:
    """Canonical ids of a family's current, approved images that have no record yet."""
    query = (
        select(CanonicalRow.id)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .outerjoin(ProvenanceRow, ProvenanceRow.canonical_id == CanonicalRow.id)
        .where(CanonicalRow.family == family, RecipeRow.current, ProvenanceRow.canonical_id.is_(None))
        .where(approved_image())
        .order_by(RecipeRow.position)
    )
    return list(session.scalars(query))


def record(session: Session, canonical_id: str, family: Family) -> ProvenanceRow:
    """The image's record, written now if it has none. Raises NotApproved, ImageUnknown, ProvenanceError."""
    require_approved(session, canonical_id)
    image, painting, recipe = _made(session, canonical_id)
    if image.family != family.slug:
        raise ProvenanceError(
            f"image {canonical_id[:12]} belongs to family {image.family!r}, not to {family.slug!r}; "
            "record it with its own family's licence"
        )
    values = _values(image, painting, recipe, family)
    session.execute(insert(ProvenanceRow).values(values).on_conflict_do_nothing())
    return recorded(session, canonical_id)


def recorded(session: Session, canonical_id: str) -> ProvenanceRow:
    """The image's record. Raises ProvenanceError when there is none."""
    row = session.get(ProvenanceRow, canonical_id)
    if row is None:
        raise ProvenanceError(f"image {canonical_id[:12]} has no record; materialise `provenance` first")
    return row


def claim(session: Session, canonical_id: str) -> Claim:
    """What may be said in public of the image: its public id and the commitment. Raises ProvenanceError."""
    row = recorded(session, canonical_id)
    return Claim(row.public_id, commitment(_private(row), row.salt), row.source_type)


def _made(session: Session, canonical_id: str) -> tuple[CanonicalRow, PaintingRow, Recipe]:
    query = (
        select(CanonicalRow, PaintingRow, RecipeRow)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .join(PaintingRow, PaintingRow.recipe_id == CanonicalRow.recipe_id)
        .where(CanonicalRow.id == canonical_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise ImageUnknown(f"no canonical image {canonical_id[:12]} with its painting and recipe")
    image, painting, row = found
    return image, painting, recipes.read(row.body)


def _values(image: CanonicalRow, painting: PaintingRow, recipe: Recipe, family: Family) -> dict[str, Any]:
    return {
        "canonical_id": image.id,
        "public_id": secrets.token_hex(16),
        "salt": secrets.token_hex(32),
        "model_id": recipe.model.id,
        "model_revision": recipe.model.revision,
        "model_files": painting.model_files,
        "prompt": recipe.prompt,
        "negative_prompt": recipe.negative_prompt,
        "parameters": _parameters(recipe),
        "seed": recipe.seed,
        "runtime": painting.runtime,
        "run_id": painting.run_id,
        "painted_at": painting.at,
        "licence": family.licence.expression,
        "restrictions": list(family.licence.restrictions),
        "commercial_use": family.licence.commercial_use,
        "source_type": TRAINED,
    }


def _parameters(recipe: Recipe) -> dict[str, Any]:
    return {
        "recipe": recipe.id,
        "variant": dict(recipe.variant),
        "sampler": recipe.sampler,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "width": recipe.width,
        "height": recipe.height,
        "adapters": [vars(adapter) for adapter in recipe.model.adapters],
    }


def _private(row: ProvenanceRow) -> dict[str, Any]:
    """What the commitment covers: every column but the salt, times in UTC whatever the session's zone."""
    names = [name for name in inspect(ProvenanceRow).attrs.keys() if name not in TOKENS]  # noqa: SIM118
    values = {name: getattr(row, name) for name in names}
    return {name: _utc(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

"""The private record of where each image comes from: the only writer of provenance rows.

Here: writing the record once per image, and the claim that points to it. Not here: the manifest (`claim`),
what a licence allows (`licence`).

Rules:
1. Only an approved image gets a record; the verdict is read here, not remembered.
2. The first record stays: its public id and its salt are drawn once, and recording again changes nothing.
3. What is recorded is what was painted with (recipe and painting), not what the family file says today; only
   the licence, an adapter's too, comes from the family.
4. Of a picture from outside, what is not known is null and named; of a redacted one, everything known of the
   picture it was made from is known of it as well.
5. A column that holds nothing is no part of the commitment, so that new columns change no old one.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
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
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance.claim import OVERSIGHT, Claim, commitment
from wetplate.provenance.disclosure import GENERATIVE
from wetplate.provenance.metadata import TRAINED
from wetplate.provenance.tables import OriginalRow, ProvenanceRow
from wetplate.recipes import recipe as recipes
from wetplate.recipes.catalog import GENERATION, REDACTION
from wetplate.recipes.family import Family
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import RecipeRow

TOKENS = ("salt", "at")
CAPTURED, EDITED = "digitalCapture", "humanEdits"


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
    image, row = _made(session, canonical_id)
    if image.family != family.slug:
        raise ProvenanceError(
            f"image {canonical_id[:12]} belongs to family {image.family!r}, not to {family.slug!r}; "
            "record it with its own family's licence"
        )
    told = {
        "canonical_id": image.id,
        "public_id": secrets.token_hex(16),
        "salt": secrets.token_hex(32),
        "licence": family.licence.expression,
        "restrictions": list(family.licence.restrictions),
        "commercial_use": family.licence.commercial_use,
        **_known(session, row, family),
    }
    session.execute(insert(ProvenanceRow).values(told).on_conflict_do_nothing())
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
    oversight = OVERSIGHT[approved_by_person(session, canonical_id)] if row.source_type in GENERATIVE else ""
    return Claim(row.public_id, commitment(private(row), row.salt), row.source_type, oversight=oversight)


def approved_by_person(session: Session, canonical_id: str) -> bool:
    """Whether the verdict in force on the image is a person's approval. Raises ImageUnknown."""
    image, _ = _made(session, canonical_id)
    newest = select(VerdictRow).where(VerdictRow.stream == image.recipe_id)
    verdict = session.scalars(newest.order_by(VerdictRow.position.desc()).limit(1)).one_or_none()
    if verdict is None or verdict.object_sha256 != image.object_sha256:
        return False
    return verdict.verdict == "approve" and verdict.decided_by.startswith("person:")


def _made(session: Session, canonical_id: str) -> tuple[CanonicalRow, RecipeRow]:
    query = (
        select(CanonicalRow, RecipeRow)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .where(CanonicalRow.id == canonical_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise ImageUnknown(f"no canonical image {canonical_id[:12]} with its recipe")
    image, row = found
    return image, row


def _known(session: Session, row: RecipeRow, family: Family) -> dict[str, Any]:
    """What is known of how the picture of a recipe was made; what is not known is left out."""
    if row.kind == GENERATION:
        return _painted(session.get_one(PaintingRow, row.id), recipes.read(row.body), family)
    if row.kind == REDACTION:
        known = _known(session, session.get_one(RecipeRow, row.body["of"]), family)
        edited = EDITED if known["source_type"] == CAPTURED else known["source_type"]
        return {**known, "derived_from": row.body["of"], "source_type": edited}
    return _adopted(session.get_one(OriginalRow, row.id))


def _painted(painting: PaintingRow, recipe: Recipe, family: Family) -> dict[str, Any]:
    return {
        "model_id": recipe.model.id,
        "model_revision": recipe.model.revision,
        "model_files": painting.model_files,
        "prompt": recipe.prompt,
        "negative_prompt": recipe.negative_prompt,
        "parameters": _parameters(recipe, family),
        "seed": recipe.seed,
        "runtime": painting.runtime,
        "run_id": painting.run_id,
        "painted_at": painting.at,
        "source_type": TRAINED,
    }


def _adopted(original: OriginalRow) -> dict[str, Any]:
    """What came with a picture from outside, in its own words."""
    said: Mapping[str, Any] = original.infotext or {}
    parameters = {"original": original.sha256, **({"infotext": said["parameters"]} if said else {})}
    known = {
        "prompt": said.get("prompt"),
        "negative_prompt": said.get("negative_prompt"),
        "seed": said.get("seed"),
        "ingredient_key": original.manifest_key,
    }
    return {
        "parameters": parameters,
        "source_type": original.source_type,
        "unknown": original.unknown,
        **{name: value for name, value in known.items() if value is not None},
    }


def _parameters(recipe: Recipe, family: Family) -> dict[str, Any]:
    return {
        "recipe": recipe.id,
        "variant": dict(recipe.variant),
        "sampler": recipe.sampler,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "width": recipe.width,
        "height": recipe.height,
        "adapters": [
            vars(adapter) | ({"licence": asdict(stated)} if (stated := family.licence_of(adapter)) else {})
            for adapter in recipe.model.adapters
        ],
    }


def private(row: ProvenanceRow) -> dict[str, Any]:
    """What the commitment covers: every column but the salt, times in UTC whatever the session's zone."""
    names = [name for name in inspect(ProvenanceRow).attrs.keys() if name not in TOKENS]  # noqa: SIM118
    values = {name: value for name in names if (value := getattr(row, name)) is not None}
    return {name: _utc(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

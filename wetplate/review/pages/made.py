"""How a picture was made, in pairs: model, revision, licence, variant. Reads only."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.recipes.tables import FamilyRow
from wetplate.review.pages import words
from wetplate.review.pages.subjects import Subject

Pair = tuple[str, str]
KINDS = {
    "generation": "painted by a model",
    "original": "adopted from outside",
    "redaction": "another picture with regions covered",
}


def made(session: Session, about: Subject) -> list[Pair]:
    """What is known of how it came about; of a picture from outside, what is not."""
    return [*_recipe(about), *_licence(session, about), *_painting(about)]


def _recipe(about: Subject) -> Iterator[Pair]:
    body: dict[str, Any] = about.recipe.body
    yield "Kind", KINDS.get(about.recipe.kind, about.recipe.kind)
    yield "Variant", words.variant(about.recipe.variant, "none")
    if model := body.get("model"):
        yield "Model", str(model["id"])
        yield "Revision", str(model["revision"])
    if body.get("seed") is not None:
        yield "Seed", str(body["seed"])
    if body.get("of"):
        yield "Made from", str(body["of"])[: words.HEAD]


def _licence(session: Session, about: Subject) -> Iterator[Pair]:
    recorded = session.scalars(
        select(ProvenanceRow)
        .join(CanonicalRow, CanonicalRow.id == ProvenanceRow.canonical_id)
        .where(CanonicalRow.recipe_id == about.recipe.id)
    ).first()
    licence = session.get_one(FamilyRow, about.recipe.family).definition.get("licence", {})
    yield "Licence", recorded.licence if recorded else str(licence.get("expression", "unknown"))
    yield (
        "Commercial use",
        recorded.commercial_use if recorded else str(licence.get("commercial_use", "unknown")),
    )
    restrictions = recorded.restrictions if recorded else licence.get("restrictions", [])
    if restrictions:
        yield "Restrictions", "; ".join(map(str, restrictions))
    if recorded and recorded.unknown:
        yield "Not known", ", ".join(recorded.unknown)


def _painting(about: Subject) -> Iterator[Pair]:
    yield "Recipe", about.recipe.id[: words.HEAD]
    if about.painting:
        yield "Bytes judged", f"{about.painting.sha256[: words.HEAD]} ({about.painting.bytes:,} bytes)"
        yield "Painted by", str(about.painting.runtime.get("painter", "unknown"))

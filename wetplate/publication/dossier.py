"""Everything known about one image, read from every stage's rows into plain values.

Here: finding the image by the beginning of its canonical or recipe id, and reading. Not here: printing.
Private: it holds the prompt; the salt of the public commitment is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.errors import AmbiguousId, ImageUnknown, NeverPublished
from wetplate.generation.tables import PaintingRow
from wetplate.moderation.tables import SignalRow, VerdictRow
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.snippet import snippet
from wetplate.publication.states import State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.tables import RecipeRow

HEX = frozenset("0123456789abcdef")
Values = dict[str, Any]


def dossier(session: Session, prefix: str, base_url: str = "") -> Values:
    """What is known, stage by stage; None for a stage the image has not reached.

    `base_url` stands in front of the paths in the snippet.
    Raises ImageUnknown, AmbiguousId.
    """
    recipe = find(session, prefix)
    image = session.scalars(select(CanonicalRow).where(CanonicalRow.recipe_id == recipe.id)).one_or_none()
    known = {
        "recipe": _values(recipe),
        "painting": _values(session.get(PaintingRow, recipe.id)),
        "signals": _all(session, SignalRow, SignalRow.recipe_id == recipe.id, SignalRow.id),
        "verdicts": _all(session, VerdictRow, VerdictRow.stream == recipe.id, VerdictRow.position),
        "canonical": _values(image),
    }
    return known | (_public(session, image.id, base_url) if image else {})


def find(session: Session, prefix: str) -> RecipeRow:
    """The recipe whose id, or whose canonical image's id, begins with these hex digits.

    Raises ImageUnknown, AmbiguousId.
    """
    digits = prefix.strip().lower()
    if not digits or not HEX.issuperset(digits):
        raise ImageUnknown(f"{prefix!r} is no image id; give hex digits from its beginning")
    query = (
        select(RecipeRow)
        .outerjoin(CanonicalRow, CanonicalRow.recipe_id == RecipeRow.id)
        .where(or_(RecipeRow.id.startswith(digits), CanonicalRow.id.startswith(digits)))
    )
    found = session.scalars(query.order_by(RecipeRow.id).limit(2)).all()
    if not found:
        raise ImageUnknown(f"no image or recipe begins with {digits}; `wetplate status` lists what there is")
    if len(found) > 1:
        raise AmbiguousId(f"several images begin with {digits}; give more digits")
    return found[0]


def _public(session: Session, canonical_id: str, base_url: str) -> Values:
    publication = session.get(PublicationRow, canonical_id)
    stands = _values(publication) or {"state": State.DRAFT.value, "version": 1}
    files = DerivativeRow.canonical_id == canonical_id
    return {
        "provenance": _values(session.get(ProvenanceRow, canonical_id)),
        "derivatives": _all(session, DerivativeRow, files, DerivativeRow.id),
        "placeholder": _values(session.get(PlaceholderRow, canonical_id)),
        "publication": stands | {"meaning": State(stands["state"]).true_of_the_bytes},
        "moves": _all(session, MoveRow, MoveRow.stream == canonical_id, MoveRow.position),
        "snippet": _snippet(session, canonical_id, base_url),
    }


def _snippet(session: Session, canonical_id: str, base_url: str) -> str | None:
    try:
        return snippet(session, canonical_id, base_url)
    except NeverPublished:
        return None


def _all(session: Session, table: Any, condition: Any, order: Any) -> Sequence[Values]:
    return [
        row
        for each in session.scalars(select(table).where(condition).order_by(order))
        if (row := _values(each))
    ]


def _values(row: Any) -> Values | None:
    """A row's columns; what only the chain and the commitment need is left out."""
    if row is None:
        return None
    left_out = {"salt", "body", "previous"} if not isinstance(row, RecipeRow) else set()
    columns: Mapping[str, Any] = inspect(row).mapper.column_attrs
    return {name: getattr(row, name) for name in columns.keys() if name not in left_out}  # noqa: SIM118

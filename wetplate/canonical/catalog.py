"""The catalog of canonical images: the only writer of their rows, and the gate every later step asks.

Here: which paintings are approved, the gate, look-ups, writing a row. Not here: making a canonical
(`admission`).

Rules:
1. The gate fails closed. It passes an image only if the verdict in force on its recipe approves the very
   bytes the image was made from, and no verdict in force rejects the same bytes under another recipe.
2. The verdict is read from its row each time, never remembered.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import AmbiguousId, ImageUnknown, NotApproved, ObjectConflict
from wetplate.moderation.tables import VerdictRow

HEX = frozenset("0123456789abcdef")


def approved() -> Select[str, str]:
    """Every (recipe id, SHA-256 of the judged bytes) that may go on: rule 1, for the caller to narrow."""
    return select(VerdictRow.stream, VerdictRow.object_sha256).where(
        VerdictRow.verdict == "approve", _in_force(VerdictRow), ~rejected(VerdictRow.object_sha256)
    )


def rejected(object_sha256: Any) -> ColumnElement[bool]:
    """Whether a verdict in force rejects these bytes, under whichever recipe: a condition for queries."""
    other = aliased(VerdictRow)
    return exists().where(other.object_sha256 == object_sha256, other.verdict == "reject", _in_force(other))


def is_approved(session: Session, recipe_id: str, object_sha256: str) -> bool:
    """Whether these very bytes, painted from this recipe, are approved now."""
    query = approved().where(VerdictRow.stream == recipe_id, VerdictRow.object_sha256 == object_sha256)
    return session.execute(query).first() is not None


def require_approved(session: Session, canonical_id: str) -> CanonicalRow:
    """The image's row, if it may go on. Raises NotApproved, ImageUnknown."""
    row = session.get(CanonicalRow, canonical_id)
    if row is None:
        raise ImageUnknown(f"no canonical image {canonical_id[:12]}; `wetplate status` lists what there is")
    if not is_approved(session, row.recipe_id, row.object_sha256):
        raise NotApproved(
            f"image {canonical_id[:12]}: no approving verdict is in force for its very bytes "
            f"({row.object_sha256[:12]}); have recipe {row.recipe_id[:12]} reviewed"
        )
    return row


def find(session: Session, prefix: str) -> CanonicalRow:
    """The image whose id begins with these hex digits. Raises ImageUnknown, AmbiguousId."""
    digits = prefix.strip().lower()
    if not digits or not HEX.issuperset(digits):
        raise ImageUnknown(f"{prefix!r} is no image id; give hex digits from its beginning")
    query = select(CanonicalRow).where(CanonicalRow.id >= digits, CanonicalRow.id < digits + "g")
    found = session.scalars(query.order_by(CanonicalRow.id).limit(2)).all()
    if not found:
        raise ImageUnknown(f"no canonical image begins with {digits}; `wetplate status` lists what there is")
    if len(found) > 1:
        raise AmbiguousId(
            f"several images begin with {digits} ({found[0].id}, {found[1].id}, ...); give more digits"
        )
    return found[0]


def of_object(session: Session, object_sha256: str) -> CanonicalRow | None:
    """The image made from these judged bytes, whichever recipe painted them first."""
    return session.scalars(select(CanonicalRow).where(CanonicalRow.object_sha256 == object_sha256)).first()


def add(session: Session, values: dict[str, Any]) -> tuple[CanonicalRow, bool]:
    """The image's row, and whether it was written now; one that stands already stays as it is.

    Raises ObjectConflict when the recipe has a canonical made from other pixels: canonicals do not change.
    """
    query = insert(CanonicalRow).values(values).on_conflict_do_nothing().returning(CanonicalRow.id)
    new = session.scalar(query) is not None
    row = session.get(CanonicalRow, values["id"])
    if row is None:
        raise ObjectConflict(
            f"recipe {values['recipe_id'][:12]} has a canonical image already, made from other pixels; "
            "canonicals do not change: give the family another seed or prompt to make a new recipe"
        )
    return row, new


def alone(session: Session, what: str) -> None:
    """Wait until no other transaction works on the same thing; released when this one ends.

    An advisory lock, because the rows in question are append-only: nobody may lock them for change.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def _in_force(verdict: Any) -> ColumnElement[bool]:
    later = aliased(VerdictRow)
    return ~exists().where(later.stream == verdict.stream, later.position > verdict.position)

"""The catalog of derivatives and placeholders: the only writer of their rows.

Here: what stands, what lacks, writing, withdrawing. Not here: making a file (`derive`).

Rules:
1. A row is in force while `withdrawn_at` is null. Withdrawing keeps the row as record; whoever withdraws
   deletes the objects that `keys` names.
2. Whether an image was taken down is news from downstream: the newest `image.withdrawn` or `image.reinstated`
   event about it says so.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from wetplate.canonical.gate import approved_image
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives import ondemand
from wetplate.derivatives.plan import Mark, absent
from wetplate.derivatives.profiles import Profile
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.errors import ImageUnknown
from wetplate.recipes.tables import RecipeRow
from wetplate.storage.database import now
from wetplate.storage.outbox import Event


def standing(session: Session, canonical_id: str, profile: str | None = None) -> list[DerivativeRow]:
    """The image's files in force, by width and format; of one profile, or of all."""
    query = select(DerivativeRow).where(DerivativeRow.canonical_id == canonical_id, _in_force())
    if profile is not None:
        query = query.where(DerivativeRow.profile == profile)
    return list(
        session.scalars(query.order_by(DerivativeRow.profile, DerivativeRow.width, DerivativeRow.format))
    )


def marks(rows: Iterable[DerivativeRow]) -> set[Mark]:
    """What tells these files apart, as `plan` counts them."""
    return {(row.width, row.format, row.lossless) for row in rows}


def missing(session: Session, canonical_id: str, profile: Profile) -> list[str]:
    """What is planned and does not stand, as `320.avif`. Raises ImageUnknown."""
    image = session.get(CanonicalRow, canonical_id)
    if image is None:
        raise ImageUnknown(f"no canonical image {canonical_id[:12]}")
    have = marks(standing(session, canonical_id, profile.name))
    return [f"{w.width}.{w.encoding.format}" for w in absent(profile, image.width, image.height, have)]


def incomplete(session: Session, family: str, profile: Profile) -> list[str]:
    """Ids of a family's current, approved images, not taken down, that lack a planned file."""
    have: dict[str, set[Mark]] = {}
    for canonical_id, *mark in session.execute(_marks_of(family, profile.name)):
        have.setdefault(canonical_id, set()).add((mark[0], mark[1], mark[2]))

    @cache  # a family's images are mostly of one size and have the same files
    def lacking(width: int, height: int, files: frozenset[Mark]) -> bool:
        return bool(absent(profile, width, height, files))

    images = session.execute(_showable(family)).all()
    return [id for id, width, height in images if lacking(width, height, frozenset(have.get(id, ())))]


def withdrawn(session: Session, canonical_id: str) -> bool:
    """Whether the image is taken down now."""
    return bool(session.scalar(select(_withdrawn(canonical_id))))


def add(session: Session, values: dict[str, Any]) -> None:
    """Write one row, unless a row in force stands in its place."""
    session.execute(insert(DerivativeRow).values(values).on_conflict_do_nothing())


def keep_placeholder(session: Session, canonical_id: str, thumbhash: str, dominant: str) -> None:
    """Write the image's placeholder, unless it has one."""
    values = {"canonical_id": canonical_id, "thumbhash": thumbhash, "dominant": dominant}
    session.execute(insert(PlaceholderRow).values(values).on_conflict_do_nothing())


def withdraw(session: Session, canonical_id: str) -> list[str]:
    """Take every file of the image out of force, transforms too.

    Gives the object keys to delete, those already out included.
    """
    session.execute(
        update(DerivativeRow)
        .where(DerivativeRow.canonical_id == canonical_id, _in_force())
        .values(withdrawn_at=now())
    )
    rows = session.scalars(select(DerivativeRow).where(DerivativeRow.canonical_id == canonical_id)).all()
    return keys(rows) + ondemand.withdraw(session, canonical_id)


def keys(rows: Sequence[DerivativeRow]) -> list[str]:
    """Every object these rows stand for, side-car manifests included."""
    return sorted({key for row in rows for key in (row.key, row.manifest_key) if key})


def _in_force() -> ColumnElement[bool]:
    return DerivativeRow.withdrawn_at.is_(None)


def _marks_of(family: str, profile: str) -> Any:
    return (
        select(DerivativeRow.canonical_id, DerivativeRow.width, DerivativeRow.format, DerivativeRow.lossless)
        .join(CanonicalRow, CanonicalRow.id == DerivativeRow.canonical_id)
        .where(CanonicalRow.family == family, DerivativeRow.profile == profile, _in_force())
    )


def _showable(family: str) -> Any:
    return (
        select(CanonicalRow.id, CanonicalRow.width, CanonicalRow.height)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .where(
            CanonicalRow.family == family,
            RecipeRow.current,
            approved_image(),
            ~_withdrawn(CanonicalRow.id),
        )
        .order_by(RecipeRow.position)
    )


def _withdrawn(canonical_id: Any) -> ColumnElement[bool]:
    taken, back = aliased(Event), aliased(Event)
    return exists().where(
        taken.topic == "image.withdrawn",
        taken.key == canonical_id,
        ~exists().where(back.topic == "image.reinstated", back.key == taken.key, back.id > taken.id),
    )

"""The catalog of families and recipes: the only writer of their rows.

Here: registering what a family file yields, entering pictures that come another way, reading back. Not here:
files (`family`), the rows of others.

Rules:
1. A recipe is never deleted: one that the file no longer yields stays with `current` false until it returns.
2. `family.registered` and `family.changed` are told once per change of the digest, in the same transaction.
3. Registering again what has not changed writes nothing.
4. A picture from outside and a redacted one are recipes of another kind: the file neither yields nor retires
   them, no painter paints them, and from the judging on they are treated like all others.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import UnknownFamily
from wetplate.recipes import recipe as recipes
from wetplate.recipes.family import Family, defined, expand
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage import outbox

BATCH = 1_000
GENERATION, ORIGINAL, REDACTION = "generation", "original", "redaction"


@dataclass(frozen=True)
class Registration:
    """What registering did: recipes newly current, no longer current, and current as before."""

    added: int
    retired: int
    kept: int
    changed: bool


def register(session: Session, family: Family) -> Registration:
    """Make the rows say what the family file says."""
    new = _entered(session, family)
    row = session.scalars(select(FamilyRow).where(FamilyRow.slug == family.slug).with_for_update()).one()
    if not new and row.digest == family.digest:
        return Registration(0, 0, len(_current(session, family.slug)), changed=False)
    before = _current(session, family.slug)
    yielded = expand(family)
    after = {recipe.id for recipe in yielded}
    _write(session, yielded)
    _retire(session, before - after)
    row.title, row.digest, row.definition = family.title, family.digest, family.definition()
    done = Registration(len(after - before), len(before - after), len(after & before), changed=True)
    _tell(session, family, done, "family.registered" if new else "family.changed")
    return done


def family_of(session: Session, slug: str) -> Family:
    """The family as it was last registered. Raises UnknownFamily."""
    row = session.get(FamilyRow, slug)
    if row is None:
        known = ", ".join(session.scalars(select(FamilyRow.slug).order_by(FamilyRow.slug))) or "none"
        raise UnknownFamily("catalog", slug, f"no such family is registered; registered: {known}")
    return defined(row.slug, row.definition)


def recipes_of(session: Session, slug: str) -> list[Recipe]:
    """The current recipes of a registered family, in the file's order. Raises UnknownFamily."""
    if session.get(FamilyRow, slug) is None:
        family_of(session, slug)
    rows = select(RecipeRow.body).where(
        RecipeRow.family == slug, RecipeRow.current, RecipeRow.kind == GENERATION
    )
    return [recipes.read(body) for body in session.scalars(rows.order_by(RecipeRow.position))]


def enter(
    session: Session, family: str, kind: str, variant: Mapping[str, str], body: Mapping[str, Any]
) -> str:
    """The id of a recipe of kind ORIGINAL or REDACTION, entered now unless it stands already.

    `body` says everything that is needed to make the picture again, in JSON without floats; the id is the
    SHA-256 of its canonical form. Raises UnknownFamily.
    """
    family_of(session, family)
    whole = {"prompt": "", **body, "kind": kind, "family": family, "variant": dict(variant)}
    form = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    id = hashlib.sha256(form.encode()).hexdigest()
    position = select(func.coalesce(func.max(RecipeRow.position), -1) + 1).where(RecipeRow.family == family)
    row = {"id": id, "family": family, "kind": kind, "variant": dict(variant), "body": whole, "current": True}
    entry = insert(RecipeRow).values(row | {"position": position.scalar_subquery()})
    session.execute(entry.on_conflict_do_nothing())
    return id


def _entered(session: Session, family: Family) -> bool:
    """Whether this transaction is the one that brings the family in."""
    values = {
        "slug": family.slug,
        "title": family.title,
        "digest": family.digest,
        "definition": family.definition(),
    }
    entry = insert(FamilyRow).values(values).on_conflict_do_nothing().returning(FamilyRow.slug)
    return session.scalar(entry) is not None


def _current(session: Session, slug: str) -> set[str]:
    ours = select(RecipeRow.id).where(RecipeRow.family == slug, RecipeRow.kind == GENERATION)
    return set(session.scalars(ours.where(RecipeRow.current)))


def _write(session: Session, yielded: Sequence[Recipe]) -> None:
    entry = insert(RecipeRow)
    again = {"current": True, "position": entry.excluded.position}
    write = entry.on_conflict_do_update(index_elements=[RecipeRow.id], set_=again)
    session.connection().execute(write, [_row(position, recipe) for position, recipe in enumerate(yielded)])


def _retire(session: Session, gone: set[str]) -> None:
    for ids in _batches(sorted(gone)):
        session.execute(update(RecipeRow).where(RecipeRow.id.in_(ids)).values(current=False))


def _row(position: int, recipe: Recipe) -> dict[str, object]:
    variant = dict(recipe.variant)
    body = asdict(recipe) | {"variant": variant}
    return {
        "id": recipe.id,
        "family": recipe.family,
        "kind": GENERATION,
        "position": position,
        "variant": variant,
        "body": body,
        "current": True,
    }


def _batches(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (things[start : start + BATCH] for start in range(0, len(things), BATCH))


def _tell(session: Session, family: Family, done: Registration, topic: str) -> None:
    counts = {"added": done.added, "retired": done.retired, "kept": done.kept}
    outbox.append(session, topic, key=family.slug, family=family.slug, digest=family.digest, **counts)

"""Pictures that look alike, as a page lists them. Reads only.

Rule: of what is in quarantine or was moved out of reach no pixel is shown, also not beside another picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.moderation.tables import TaskRow
from wetplate.review import quarantine
from wetplate.review.access import Person
from wetplate.review.pages import subjects, thumbs, words
from wetplate.review.pages.thumbs import Thumb
from wetplate.similarity import catalog
from wetplate.similarity.catalog import Near

MOST = 8


@dataclass(frozen=True)
class Alike:
    """One neighbour."""

    id: str
    picture: Thumb
    caption: str


def alike(session: Session, who: Person, object_sha256: str, task_id: int | None) -> list[Alike]:
    """The nearest neighbours; their pixels come under the address of a task, where one is given."""
    found = near(session, object_sha256)
    names = subjects.variants(session, [each.recipe_id for each in found])
    kept = shut(session, {each.recipe_id: each.object_sha256 for each in found})
    return [
        _alike(each, who, names[each.recipe_id], kept, task_id) for each in found if each.recipe_id in names
    ]


def near(session: Session, object_sha256: str) -> Sequence[Near]:
    """The nearest, if the picture's look was kept."""
    seen = catalog.of(session, object_sha256)
    return catalog.near(session, seen, but=object_sha256)[:MOST] if seen else []


def shut(session: Session, pictures: Mapping[str, str]) -> Mapping[str, tuple[bool, bool]]:
    """Whether each is in quarantine or out of reach, and whether it is sensitive; by recipe and bytes."""
    query = select(TaskRow.subject).where(TaskRow.subject.in_(pictures), TaskRow.sensitive)
    closed = quarantine.among(session, pictures) | subjects.away(session, pictures)
    sensitive = closed | set(session.scalars(query))
    return {id: (id in closed, id in sensitive) for id in pictures}


def _alike(
    each: Near,
    who: Person,
    variant: Mapping[str, str],
    kept: Mapping[str, tuple[bool, bool]],
    task_id: int | None,
) -> Alike:
    restricted, sensitive = kept.get(each.recipe_id, (False, False))
    name = words.variant(variant, each.recipe_id[: words.HEAD])
    if restricted:
        shown = Thumb("", "in quarantine or out of reach: no pixels are shown", "")
    elif task_id is None:
        shown = Thumb("", "open its task to see it", "")
    else:
        src = f"/pixels/{task_id}/near/{each.recipe_id}"
        shown = Thumb(src, "", thumbs.veil(who, sensitive=sensitive), name)
    how = "the same picture" if each.same else f"{each.bits} bits, {each.delta:.1f} in colour away"
    return Alike(each.recipe_id, shown, f"{name}: {how}")

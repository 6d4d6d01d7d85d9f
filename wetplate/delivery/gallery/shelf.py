"""What the gallery shows, read from the catalog. Reads only; callers open the transaction.

Here: a page of published images, the first of several families, everything that may be said of one image.
Not here: families (`families`), words (`words`), markup (templates).

Rules:
1. Rows are read at each request: what is withdrawn is gone from the next page.
2. A page is found by position (keyset) and is one query for images and one for their files, however large the
   family is.
3. Prompts, seeds, reviewers' names and the words of a complaint are private and are not read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery.gallery.selection import Selection
from wetplate.delivery.standing import by_law
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.errors import ImageGone, NotServed
from wetplate.provenance import disclosure
from wetplate.provenance.disclosure import Disclosure
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.states import State
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.tables import FamilyRow, RecipeRow

PER_PAGE = 96
MOST = 1_001  # counting stops here: what nobody reads to the end need not be counted to the end


@dataclass(frozen=True)
class Image:
    """One public image with its files in force, narrow to wide."""

    id: str
    family: str
    position: int
    variant: dict[str, str]
    width: int
    height: int
    version: int
    thumbhash: str
    dominant: str
    files: Sequence[DerivativeRow]


@dataclass(frozen=True)
class Page:
    """Part of a family; the selections' starts before and after are None at the ends."""

    images: Sequence[Image]
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Known:
    """What may be said of one public image."""

    image: Image
    profile: str
    state: State
    provenance: ProvenanceRow
    disclosure: Disclosure
    moves: Sequence[MoveRow]
    before: str | None
    after: str | None


def published(session: Session, selection: Selection) -> int:
    """How many images of the selection are public, whatever page they are on; MOST stands for more."""
    some = _images(selection).with_only_columns(RecipeRow.position).limit(MOST).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def page(session: Session, selection: Selection, size: int = PER_PAGE) -> Page:
    """The images from the selection's start on."""
    ahead = _images(selection).where(RecipeRow.position >= selection.start).order_by(RecipeRow.position)
    rows = session.execute(ahead.limit(size + 1)).all()
    after = rows[size].position if len(rows) > size else None
    return Page(_shown(session, rows[:size]), _before(session, selection, size), after)


def first(session: Session, families: Sequence[str], size: int) -> dict[str, list[Image]]:
    """The first images of each family, in two queries however many families there are."""
    begin = _published(_rows(), FamilyRow.slug).order_by(RecipeRow.position).limit(size).lateral()
    query = select(begin).select_from(FamilyRow).join(begin, true()).where(FamilyRow.slug.in_(families))
    found: dict[str, list[Image]] = {slug: [] for slug in families}
    for image in _shown(session, session.execute(query.order_by(FamilyRow.slug, begin.c.position)).all()):
        found[image.family].append(image)
    return found


def known(session: Session, family: str, image_id: str) -> Known:
    """One public image. Raises NotServed, ImageGone."""
    publication = session.get(PublicationRow, image_id)
    if publication is None or publication.family != family:
        raise NotServed(f"family {family!r} has no public image {image_id[:12]}")
    state = State(publication.state)
    moves = session.scalars(
        select(MoveRow).where(MoveRow.stream == image_id).order_by(MoveRow.position)
    ).all()
    if state == State.WITHDRAWN:
        raise ImageGone("this image was taken down", legal=bool(moves) and by_law(moves[-1].reason))
    if not state.public:
        raise NotServed(f"family {family!r} has no public image {image_id[:12]}")
    image = _shown(session, session.execute(_rows().where(CanonicalRow.id == image_id)).all())[0]
    siblings = Selection(family)
    return Known(
        image,
        publication.profile,
        state,
        session.get_one(ProvenanceRow, image_id),
        disclosure.of(session, image_id),
        moves,
        _neighbour(session, siblings, RecipeRow.position < image.position, RecipeRow.position.desc()),
        _neighbour(session, siblings, RecipeRow.position > image.position, RecipeRow.position),
    )


def _rows() -> Any:
    return (
        select(
            CanonicalRow.id,
            RecipeRow.family,
            RecipeRow.position,
            RecipeRow.variant,
            CanonicalRow.width,
            CanonicalRow.height,
            PublicationRow.profile,
            PublicationRow.version,
            func.coalesce(PlaceholderRow.thumbhash, "").label("thumbhash"),
            func.coalesce(PlaceholderRow.dominant, "").label("dominant"),
        )
        .select_from(RecipeRow)
        .join(CanonicalRow, CanonicalRow.recipe_id == RecipeRow.id)
        .join(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .outerjoin(PlaceholderRow, PlaceholderRow.canonical_id == CanonicalRow.id)
    )


def _published(rows: Any, family: Any) -> Any:
    return rows.where(RecipeRow.family == family, RecipeRow.current, PublicationRow.state == State.PUBLISHED)


def _images(selection: Selection) -> Any:
    query = _published(_rows(), selection.family)
    return query.where(RecipeRow.variant.contains(dict(selection.only))) if selection.only else query


def _before(session: Session, selection: Selection, size: int) -> int | None:
    """Where the page before this one begins; 0 is the first."""
    if not selection.start:
        return None
    earlier = _images(selection).with_only_columns(RecipeRow.position)
    back = earlier.where(RecipeRow.position < selection.start).order_by(RecipeRow.position.desc())
    positions = session.scalars(back.limit(size + 1)).all()
    if not positions:
        return None
    return int(positions[size - 1]) if len(positions) > size else 0


def _neighbour(session: Session, siblings: Selection, where: ColumnElement[bool], order: Any) -> str | None:
    query = _images(siblings).with_only_columns(CanonicalRow.id).where(where).order_by(order).limit(1)
    found: str | None = session.scalar(query)
    return found


def _shown(session: Session, rows: Sequence[Any]) -> list[Image]:
    files: dict[tuple[str, str], list[DerivativeRow]] = defaultdict(list)
    for file in session.scalars(_files(row.id for row in rows)):
        files[file.canonical_id, file.profile].append(file)
    return [
        Image(
            row.id,
            row.family,
            row.position,
            row.variant,
            row.width,
            row.height,
            row.version,
            row.thumbhash,
            row.dominant,
            files[row.id, row.profile],
        )
        for row in rows
    ]


def _files(ids: Iterable[str]) -> Select[DerivativeRow]:
    return (
        select(DerivativeRow)
        .where(DerivativeRow.canonical_id.in_(list(ids)), DerivativeRow.withdrawn_at.is_(None))
        .order_by(DerivativeRow.width, DerivativeRow.format)
    )

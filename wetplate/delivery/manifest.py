"""The manifest: what a storefront needs to show a family's published images, as data.

Here: reading a page of a family and writing it as JSON with always the same bytes. Not here: HTTP
(`origin.documents`), the shape in full (`manifest.schema.json`, served as /schemas/manifest.json).

Rules:
1. What is shown is what may be shown now: state published, files in force, a recipe that the family still
   yields. (A superseded image is served to who has its address, and offered to nobody.)
2. A page is a block of PER_PAGE places in the family's order, so that an image that comes or goes changes its
   own page and no other, and no answer outgrows PER_PAGE images however large the family. `next` names the
   next block that has any.
3. Words come from the family as published: its alt text, its licence. Nothing private is read: no prompt, no
   seed, no person.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery import urls
from wetplate.delivery.urls import OnDemand, Published
from wetplate.derivatives.markup import FALLBACKS, OFFERED
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.derivatives.transform import FORMATS, QUALITIES, RATIOS, WIDTHS, Transform
from wetplate.errors import NotServed
from wetplate.imaging.formats import EXTENSIONS, MEDIA_TYPES
from wetplate.provenance import disclosure, public
from wetplate.provenance.disclosure import WORDS, Disclosure
from wetplate.provenance.metadata import source_type_uri
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.recipes.catalog import family_of
from wetplate.recipes.family import Family
from wetplate.recipes.tables import RecipeRow

PER_PAGE = 256
SCHEMA = Path(__file__).parent / "manifest.schema.json"
SCHEMA_PATH = "/schemas/manifest.json"
FORM = 1  # raised when a reader of the old form could misread the new one

Values = dict[str, Any]


def address(family: str, start: int = 0) -> str:
    """Where the page that begins at this place is served."""
    return f"/manifest/{family}/{start}.json" if start else f"/manifest/{family}.json"


def page(session: Session, slug: str, start: int = 0, base: str = "") -> Values:
    """The published images at the places from `start` on, at most PER_PAGE of them.

    Raises UnknownFamily, and NotServed for a page behind the family's last place.

    `base` (scheme and host, or nothing) stands in front of every path.
    """
    family = family_of(session, slug)
    if start and session.scalars(_last(slug, start)).first() is None:
        raise NotServed("the family ends before this page; follow `next` from its first")
    rows = session.execute(_block(slug, start)).all()
    files = _files(session, [row.id for row in rows])
    said = disclosure.decided(session, [row.id for row in rows])
    images = [
        _image(
            family,
            row,
            files[row.id, row.profile],
            said.get(row.id) or disclosure.proposed(row.source_type),
            base,
        )
        for row in rows
    ]
    following = session.scalars(_next(slug, start + PER_PAGE)).first()
    return {
        "$schema": base + SCHEMA_PATH,
        "manifest": FORM,
        "family": slug,
        "title": family.title,
        "attributes": {name: list(values) for name, values in family.attributes.items()},
        "licence": _licence(family),
        "onDemand": _offered(),
        "next": None if following is None else base + address(slug, following // PER_PAGE * PER_PAGE),
        "images": [image for image in images if image["sources"]],
    }


def written(values: Values) -> bytes:
    """As JSON in UTF-8: the same values give the same bytes."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


@cache
def schema() -> bytes:
    """The JSON Schema (draft 2020-12) of a page."""
    return SCHEMA.read_bytes()


def _image(family: Family, row: Any, files: Sequence[Any], said: Disclosure, base: str) -> Values:
    by_format: dict[str, list[Any]] = defaultdict(list)
    for file in files:
        by_format[file.format].append(file)
    fallback = next((by_format[name] for name in FALLBACKS if name in by_format), [])
    shown = max(fallback, key=lambda file: file.width, default=None)
    return {
        "id": row.id,
        "version": row.version,
        "variant": row.variant,
        "alt": family.alt(row.variant),
        "width": row.width,
        "height": row.height,
        "src": base + _path(shown) if shown else None,
        "sizes": _sizes(row.profile),
        "sources": [
            {"type": MEDIA_TYPES[name], "srcset": _srcset(by_format[name], base)}
            for name in (*OFFERED, *FALLBACKS)
            if shown and name in by_format
        ],
        "onDemand": base + _template(row.id, row.version),
        "placeholder": {"thumbhash": row.thumbhash, "dominant": row.dominant},
        "disclosure": {
            "digitalSourceType": source_type_uri(row.source_type),
            "text": WORDS.get(row.source_type, row.source_type),
        },
        "ai_disclosure": {"need": said.need, "text": said.text},
        "provenance": {
            "id": row.public_id,
            "record": base + public.address(row.public_id),
            "page": f"{base}/gallery/{family.slug}/{row.id}",
            "manifest": base + _path(shown, manifest=True) if shown and shown.manifest_key else None,
        },
    }


def _licence(family: Family) -> Values:
    said = family.licence
    return {
        "expression": said.expression,
        "commercialUse": said.commercial_use,
        "restrictions": list(said.restrictions),
    }


def _offered() -> Values:
    """What may stand in the places of an image's `onDemand`."""
    return {
        "widths": list(WIDTHS),
        "extensions": [EXTENSIONS[name] for name in FORMATS],
        "ratios": [f"{across}x{down}" for across, down in RATIOS],
        "qualities": list(QUALITIES),
    }


def _template(image: str, version: int) -> str:
    """The on-demand address with its width and extension left open (RFC 6570)."""
    written = urls.write(OnDemand(image, version, Transform(WIDTHS[0], "avif")))
    return written.removesuffix(f"w{WIDTHS[0]}.avif") + "w{width}.{ext}"


def _srcset(files: Iterable[Any], base: str) -> str:
    return ", ".join(f"{base}{_path(file)} {file.width}w" for file in files)


def _path(file: Any, *, manifest: bool = False) -> str:
    return urls.write(Published(file.canonical_id, file.name, manifest=manifest))


@cache
def _sizes(profile: str) -> str:
    return load(profile).sizes


def _published(slug: str, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(RecipeRow)
        .join(CanonicalRow, CanonicalRow.recipe_id == RecipeRow.id)
        .join(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .where(RecipeRow.family == slug, RecipeRow.current, PublicationRow.state == State.PUBLISHED)
    )


def _block(slug: str, start: int) -> Select[Any]:
    columns = (
        *(CanonicalRow.id, CanonicalRow.width, CanonicalRow.height, RecipeRow.variant),
        *(PublicationRow.version, PublicationRow.profile, ProvenanceRow.public_id, ProvenanceRow.source_type),
        *(PlaceholderRow.thumbhash, PlaceholderRow.dominant),
    )
    return (
        _published(slug, *columns)
        .join(ProvenanceRow, ProvenanceRow.canonical_id == CanonicalRow.id)
        .join(PlaceholderRow, PlaceholderRow.canonical_id == CanonicalRow.id)
        .where(RecipeRow.position.between(start, start + PER_PAGE - 1))
        .order_by(RecipeRow.position)
    )


def _next(slug: str, start: int) -> Select[Any]:
    """The first place from `start` on that has an image, along the index however large the family."""
    return (
        _published(slug, RecipeRow.position)
        .where(RecipeRow.position >= start)
        .order_by(RecipeRow.position)
        .limit(1)
    )


def _last(slug: str, start: int) -> Select[int]:
    """A place from `start` on, whether anything of it is published or not: pages do not move or go."""
    places = select(RecipeRow.position).where(RecipeRow.family == slug, RecipeRow.current)
    return places.where(RecipeRow.position >= start).limit(1)


def _files(session: Session, images: Sequence[str]) -> Mapping[tuple[str, str], list[Any]]:
    """Files in force by image and profile, narrow to wide."""
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    table = DerivativeRow
    columns = (table.canonical_id, table.profile, table.name, table.width, table.format, table.manifest_key)
    query = select(*columns).where(table.canonical_id.in_(images), table.withdrawn_at.is_(None))
    for row in session.execute(query.order_by(table.width, table.name)):
        found[row.canonical_id, row.profile].append(row)
    return found

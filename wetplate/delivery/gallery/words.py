"""What the pages say: from rows to the words and links that the templates lay out. Pure.

Here: captions, counts, filters, provenance in words, snippets to copy. Not here: rows (`shelf`), HTML
(templates).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from wetplate.delivery.gallery.families import Counted
from wetplate.delivery.gallery.pictures import Picture
from wetplate.delivery.gallery.selection import Attributes, Selection
from wetplate.delivery.gallery.shelf import MOST, Image, Known
from wetplate.derivatives import markup
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import DerivativeRow
from wetplate.provenance.metadata import TRAINED, source_type_uri
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.progress import Progress
from wetplate.publication.states import REASONS, State
from wetplate.publication.tables import MoveRow

OFFERED = 60  # values of one attribute that a page offers
DISCLOSED = {TRAINED: "Made by a generative model (trained algorithmic media)."}


@dataclass(frozen=True)
class Value:
    """A word, perhaps with an address, perhaps to be read letter by letter."""

    text: str
    href: str = ""
    code: bool = False


@dataclass(frozen=True)
class Tile:
    """One picture of a grid."""

    href: str
    caption: str
    picture: Picture


@dataclass(frozen=True)
class Strip:
    """A family among families."""

    href: str
    title: str
    about: str
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Choice:
    """One value that a filter offers."""

    text: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """One attribute; `more` values exist and are not listed."""

    name: str
    choices: Sequence[Choice]
    more: int


@dataclass(frozen=True)
class Empty:
    """Why a page is empty, and what to do about it."""

    what: str
    command: str = ""
    href: str = ""
    link: str = ""


@dataclass(frozen=True)
class Snippet:
    """Something to copy."""

    title: str
    text: str


@dataclass(frozen=True)
class FileLine:
    """One row of the table of files."""

    path: str
    name: str
    format: str
    pixels: str
    bytes: str
    quality: str
    score: str
    manifest: str


def caption(variant: Mapping[str, str]) -> str:
    """A variant in a few words: `red lace · gum sole`."""
    return "\N{NO-BREAK SPACE}· ".join(f"{value} {_spoken(name)}" for name, value in variant.items())


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def counted(number: int) -> str:
    """A number as people read it."""
    return f"{number:,}"


def families(number: int) -> str:
    """How many there are in all."""
    return f"{counted(number)} {'family' if number == 1 else 'families'}"


def strip(family: Counted, tiles: Sequence[Tile]) -> Strip:
    """A family among families."""
    names = ", ".join(_spoken(name) for name in family.attributes)
    return Strip(f"/gallery/{family.slug}", family.title, f"{_images(family.published)} · {names}", tiles)


def _images(number: int) -> str:
    if number >= MOST:
        return f"more than {counted(MOST - 1)} images"
    return f"{counted(number)} {'image' if number == 1 else 'images'}"


def shown(number: int, selection: Selection, on_page: int) -> str:
    """How many images a page is about."""
    if not number:
        return "Nothing to see here yet." if not selection.only else "No published image has all of this."
    which = f"with {caption(dict(selection.only))}" if selection.only else "published"
    whole = f"{_images(number)} {which}"
    return whole if on_page == number else f"{whole}; {counted(on_page)} on this page"


def filters(attributes: Attributes, selection: Selection) -> list[Filter]:
    """A row of links per attribute that has a choice: any, and each value."""
    chosen = dict(selection.only)
    return [
        Filter(
            _spoken(name),
            [
                Choice(text, selection.having(attributes, name, value).path, chosen.get(name) == value)
                for text, value in (
                    ("any", None),
                    *((value, value) for value in _offered(values, chosen.get(name))),
                )
            ],
            max(0, len(values) - OFFERED),
        )
        for name, values in attributes.items()
        if len(values) > 1
    ]


def _offered(values: Sequence[str], chosen: str | None) -> Sequence[str]:
    offered = values[:OFFERED]
    return offered if chosen is None or chosen in offered else (*offered, chosen)


def empty(selection: Selection, standing: Progress | None) -> Empty:
    """What an empty page says: what is missing, and the next step."""
    if selection.only:
        return Empty(
            "Take one of the filters away.", href=f"/gallery/{selection.family}", link="Show the whole family"
        )
    if selection.start:
        return Empty(
            "The family ends before this page.", href=f"/gallery/{selection.family}", link="To its first page"
        )
    if standing is None or not standing.painted:
        return Empty(
            "Nothing is painted yet. Materialise the family in the Dagster UI, or:",
            f"wetplate paint {selection.family}",
        )
    if standing.review:
        return Empty(
            f"{counted(standing.review)} images wait for a person's decision:",
            f"wetplate review list --family {selection.family}",
        )
    return Empty(
        f"{counted(standing.painted)} images are painted, {counted(standing.rejected)} rejected, "
        f"{counted(standing.withdrawn)} taken down, none published. Where each stands:",
        "wetplate status",
    )


def variant(attributes: Attributes, family: str, said: Mapping[str, str]) -> list[tuple[str, Value]]:
    """What tells the image from its siblings; each word leads to those that share it."""
    return [
        (_spoken(name), Value(value, Selection(family).having(attributes, name, value).path))
        for name, value in said.items()
    ]


def disclosure(row: ProvenanceRow) -> str:
    """That a machine made it, in a sentence."""
    return DISCLOSED.get(row.source_type, f"Source: {row.source_type}.")


def provenance(known: Known) -> Iterator[tuple[str, Value]]:
    """Where the image comes from, as far as that is public."""
    row = known.provenance
    yield "Source type", Value(row.source_type, source_type_uri(row.source_type))
    yield "Model", Value(row.model_id)
    yield "Revision", Value(row.model_revision, code=True)
    yield "Licence", Value(row.licence)
    yield "Commercial use", Value(row.commercial_use)
    if row.restrictions:
        yield "Restrictions", Value("; ".join(row.restrictions))
    yield "Painted", Value(f"{row.painted_at:%d %b %Y}")
    yield "Provenance id", Value(row.public_id, code=True)
    yield "Image id", Value(known.image.id, code=True)
    yield "Security version", Value(str(known.image.version))


@dataclass(frozen=True)
class Moved:
    """One move and when it was made."""

    at: datetime
    text: str


def moves(rows: Sequence[MoveRow]) -> Iterator[Moved]:
    """Each move in words: what happened, and the reason where it is from a closed list.

    What people wrote beside the reason stays private.
    """
    codes = {code: text for listed in REASONS.values() for code, text in listed.items()}
    for row in rows:
        why = codes.get(row.reason.partition(":")[0])
        said = f"{row.from_state} → {row.to_state}"
        yield Moved(row.at.astimezone(UTC), f"{said}: {why}" if why else said)


def notice(state: State) -> str:
    """What to say on top of an image that is public and not offered."""
    return (
        ""
        if state == State.PUBLISHED
        else "Another image is shown instead; old addresses still get this one."
    )


def lines(image: Image) -> list[FileLine]:
    """The files in force, narrow to wide, best format first."""
    order = [*markup.OFFERED, *markup.FALLBACKS]
    return [
        FileLine(
            path := f"/images/{image.id}/{file.name}",
            file.name,
            file.format.upper() if file.format != "webp" else "WebP",
            f"{file.width} × {file.height}",
            counted(file.bytes),
            "lossless" if file.lossless else str(file.quality or ""),
            "" if file.score is None else f"{file.score:.1f}",
            f"{path}.c2pa" if file.manifest_key else "",
        )
        for file in sorted(image.files, key=lambda file: (file.width, order.index(file.format)))
    ]


def files_lead(files: Sequence[DerivativeRow]) -> str:
    """What the table of files says, in a sentence."""
    scorers = ", ".join(sorted({file.scorer for file in files if file.scorer}))
    judged = f" Score: {scorers}, against the picture at that size." if scorers else ""
    total = counted(sum(file.bytes for file in files))
    return f"{len(files)} files, {total} bytes in all; each name holds the hash of its bytes.{judged}"


def sizes(profile: str) -> str:
    """How wide the profile's use shows a picture."""
    return load(profile).sizes


def snippets(image: Image, alt: str, sizes: str, address: str, loader: str) -> list[Snippet]:
    """What a shop copies: the element, the loader, a request by hand."""
    base = f"{address}/images/{image.id}"
    element = markup.picture(image.files, base_url=base, alt=alt, sizes=sizes, dominant=image.dominant)
    widest = max(
        (file for file in image.files if file.format in markup.FALLBACKS), key=lambda file: file.width
    )
    used = (
        f"// once: curl -o wetplate-loader.js {address}{loader}\n"
        '// next.config.js: images: { loader: "custom", loaderFile: "./wetplate-loader.js" }\n'
        f"// .env: NEXT_PUBLIC_WETPLATE_URL={address}\n"
        f'<Image src="{image.id}/v{image.version}" width={{{widest.width}}} height={{{widest.height}}}\n'
        f'       sizes="{sizes}" alt="{escape(alt)}" />'
    )
    asked = f"curl -sI {base}/{widest.name}"
    return [Snippet("HTML", element), Snippet("Next.js", used), Snippet("By hand", asked)]

"""What the page of one image says: where it comes from, its files, what a shop copies. Pure.

Here: rows as words and links. Not here: rows (`shelf`), the words of lists (`words`), HTML (templates).

Rule: the reason of a move is told where it is from a closed list; what people wrote beside it stays private.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from wetplate.delivery.gallery.selection import Attributes, Selection
from wetplate.delivery.gallery.shelf import Image, Known
from wetplate.delivery.gallery.words import counted, spoken
from wetplate.derivatives import markup
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import DerivativeRow
from wetplate.provenance import public
from wetplate.provenance.metadata import source_type_uri
from wetplate.publication.states import REASONS, State
from wetplate.publication.tables import MoveRow


@dataclass(frozen=True)
class Value:
    """A word, perhaps with an address, perhaps to be read letter by letter."""

    text: str
    href: str = ""
    code: bool = False


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


def variant(attributes: Attributes, family: str, said: Mapping[str, str]) -> list[tuple[str, Value]]:
    """What tells the image from its siblings; each word leads to those that share it.

    A word that the family has given up leads nowhere.
    """
    everything = Selection(family)
    return [
        (
            spoken(name),
            Value(value, everything.having(attributes, name, value).path)
            if value in attributes.get(name, ())
            else Value(value),
        )
        for name, value in said.items()
    ]


def provenance(known: Known) -> Iterator[tuple[str, Value]]:
    """Where the image comes from, as far as that is public."""
    row = known.provenance
    yield "Source type", Value(row.source_type, source_type_uri(row.source_type))
    if row.model_id and row.model_revision:
        yield "Model", Value(row.model_id)
        yield "Revision", Value(row.model_revision, code=True)
    yield "Licence", Value(row.licence)
    yield "Commercial use", Value(row.commercial_use)
    if row.restrictions:
        yield "Restrictions", Value("; ".join(row.restrictions))
    if row.painted_at:
        yield "Painted", Value(f"{row.painted_at:%d %b %Y}")
    if row.derived_from:
        yield "Redacted", Value("parts of the picture were covered by a person's decision")
    yield "Provenance id", Value(row.public_id, public.address(row.public_id), code=True)
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

"""How one image becomes the `<picture>` of a page: candidates, `sizes`, placeholder. Pure.

Here: values for the templates. Not here: what a shop copies (`wetplate.derivatives.markup`, whose srcset this
is too).

Rules:
1. `sizes` states the width that the style sheet gives the picture; a browser test holds the two together.
2. Only what is surely in sight at first is fetched eagerly. Everything else waits until it comes near.
3. The dominant colour is a class, because the page's policy allows no style attributes; the ThumbHash stands
   beside it in 28 characters, which the page's script paints. (As a picture in the page, each would take
   about 1,500 characters; as a gradient of nine colours about 300.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wetplate.delivery.gallery.shelf import Image
from wetplate.derivatives.markup import COLOUR, FALLBACKS, OFFERED, srcset
from wetplate.derivatives.tables import DerivativeRow
from wetplate.imaging.formats import MEDIA_TYPES

# Widths as gallery.css lays them out, widest window first: a tile of the grid, and the stage of one image.
TILE = (
    "(min-width: 1440px) 213px, (min-width: 1024px) calc((100vw - 164px) / 6), "
    "(min-width: 640px) calc(25vw - 31px), calc(50vw - 22px)"
)
STAGE = (
    "(min-width: 1440px) min({width}px, 860px), (min-width: 1024px) min({width}px, 100vw - 580px), "
    "(min-width: 640px) min({width}px, 100vw - 112px), min({width}px, 100vw - 64px)"
)
EAGER = 6  # a row on a desktop, three rows on a phone


@dataclass(frozen=True)
class Source:
    """One format's candidates."""

    media_type: str
    srcset: str


@dataclass(frozen=True)
class Picture:
    """Everything the template writes."""

    sources: Sequence[Source]
    srcset: str
    src: str
    sizes: str
    width: int
    height: int
    alt: str
    colour: str
    thumbhash: str
    eager: bool


def shown(image: Image) -> bool:
    """Whether it has a file that any browser reads; between a takedown and its page it may not."""
    return any(file.format in FALLBACKS for file in image.files)


def picture(image: Image, alt: str, sizes: str, *, eager: bool = False) -> Picture:
    """The image for a place of this size; only of an image that is `shown`."""
    base = f"/images/{image.id}"
    formats = _by_format(image.files)
    fallback = next(formats[name] for name in FALLBACKS if name in formats)
    widest = max(fallback, key=lambda file: file.width)
    return Picture(
        [Source(MEDIA_TYPES[name], srcset(formats[name], base)) for name in OFFERED if name in formats],
        srcset(fallback, base),
        f"{base}/{widest.name}",
        sizes,
        widest.width,
        widest.height,
        alt,
        image.dominant.removeprefix("#") if COLOUR.match(image.dominant) else "",
        image.thumbhash,
        eager,
    )


def colours(pictures: Iterable[Picture]) -> str:
    """A rule per dominant colour, for the page's one inline style element."""
    found = sorted({each.colour for each in pictures if each.colour})
    return "".join(f".c-{colour}{{background-color:#{colour}}}" for colour in found)


def _by_format(files: Iterable[DerivativeRow]) -> dict[str, list[DerivativeRow]]:
    formats: dict[str, list[DerivativeRow]] = {}
    for file in files:
        formats.setdefault(file.format, []).append(file)
    return formats

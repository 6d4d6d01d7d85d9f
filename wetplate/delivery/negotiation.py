"""Which format an /auto/ address answers with. Pure, total, and bounded by construction.

Here: reading Accept and Save-Data. Not here: the bytes, the address (`urls`).

Rules:
1. AVIF and WebP go only to whoever names them: `*/*` and `image/*` come from programs that take anything and
   read JPEG. Among what is named, the highest q-value wins, then the smaller file; q=0 refuses (RFC 9110).
2. Whatever the header says there are at most four answers: AVIF, AVIF of low quality, WebP, and the one
   every browser reads. Browsers that send Save-Data read AVIF, so the others need no low variant.
3. An unreadable, quoted or overlong header is answered like a missing one; an unreadable item is skipped.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from wetplate.imaging.formats import MEDIA_TYPES

LONGEST: Final = 4_096
MODERN: Final = ("avif", "webp")  # smaller first
OPAQUE: Final = ("avif", "webp", "jpeg")
TRANSPARENT: Final = ("avif", "webp", "png")
QVALUE: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", re.ASCII)


class Choice(NamedTuple):
    """The format, and whether to spare the reader's data."""

    format: str
    light: bool = False


def choose(accept: str | None, offered: Sequence[str] = OPAQUE, save_data: bool = False) -> Choice:
    """What to answer, out of `offered`; its last is read by every browser."""
    weights = read(accept)
    named = [format for format in MODERN if format in offered and weights.get(MEDIA_TYPES[format], 0) > 0]
    if named:
        best = max(named, key=lambda format: weights[MEDIA_TYPES[format]])  # the first of equals
        return Choice(best, light=save_data and best == "avif")
    return Choice(_plain(weights, offered))


def saves_data(header: str | None) -> bool:
    """Whether a Save-Data header asks to."""
    return header is not None and header[:16].partition(";")[0].strip().lower() == "on"


def read(accept: str | None) -> Mapping[str, float]:
    """The q-value of each media range that the header names."""
    if not accept or len(accept) > LONGEST or '"' in accept:
        return {}
    return _read(accept.lower())


@lru_cache(maxsize=64)  # browsers send a handful of different ones
def _read(accept: str) -> Mapping[str, float]:
    return dict(item for text in accept.split(",") if (item := _item(text)))


def _plain(weights: Mapping[str, float], offered: Sequence[str]) -> str:
    """The last offered, unless it is refused by name and another is allowed."""
    last = offered[-1]
    if weights.get(MEDIA_TYPES[last]) == 0:
        allowed = (format for format in offered if _weight(weights, MEDIA_TYPES[format]) > 0)
        return next(allowed, last)
    return last


def _weight(weights: Mapping[str, float], media_type: str) -> float:
    """By the most specific range that covers the type."""
    ranges = (media_type, "image/*", "*/*")
    return next((weights[range] for range in ranges if range in weights), 0)


def _item(text: str) -> tuple[str, float] | None:
    media_range, *parameters = (part.strip(" \t") for part in text.split(";"))
    weight = next((value for name, value in map(_named, parameters) if name == "q"), "1")
    if not media_range or not QVALUE.fullmatch(weight):
        return None
    return media_range, float(weight)


def _named(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name.strip(), value.strip()

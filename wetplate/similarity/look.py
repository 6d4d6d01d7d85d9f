"""The look of a picture in 200 bytes, and how far two looks are apart. Pure.

Here: the value and its two measures. Not here: where looks are kept and sought (`catalog`).

Two measures, because each is blind where the other sees: the perceptual hash follows shape and knows no
colour, so that siblings of a family (one shoe in other laces) share it; the grid of colours tells siblings
apart and would take any two white pages for the same. A picture that was made smaller or encoded again stays
close in both. One that was cropped, mirrored or framed does not: this is no search for parts of pictures.

The limits were measured on 128 siblings and re-encodings down to 96 px and JPEG 40: copies differ in at most
2 bits and 2.0 in colour, the closest siblings are 1.6 apart. So SAME is a neighbourhood, and the nearest in
it is the picture itself; `bench/similarity.py` prints the figures.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from wetplate.imaging.fingerprint import phash
from wetplate.imaging.pixels import Pixels, opaque

SIDE: Final = 8
SAME_BITS, SAME_DELTA = 8, 3.0
NEAR_BITS, NEAR_DELTA = 10, 12.0
_SIGN, _WRAP = 1 << 63, 1 << 64


@dataclass(frozen=True)
class Look:
    """`phash`: 64 bits as a signed number; `colours`: SIDE × SIDE × 3 bytes, mean sRGB of each cell."""

    phash: int
    colours: bytes


def look(pixels: Pixels) -> Look:
    """The look of an (H, W, 3 or 4) 8-bit sRGB picture, on white. Raises ImageError for what is none."""
    unsigned = int(phash(pixels), 16)
    small = Image.fromarray(opaque(pixels)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return Look(unsigned - _WRAP if unsigned & _SIGN else unsigned, small.tobytes())


def bits(one: Look, other: Look) -> int:
    """How many of the 64 bits of the perceptual hashes differ (Hamming)."""
    return ((one.phash ^ other.phash) % _WRAP).bit_count()


def delta(one: Look, other: Look) -> float:
    """Root mean square difference of the colours, in 8-bit steps."""
    first, second = (np.frombuffer(each.colours, np.uint8).astype(np.float64) for each in (one, other))
    return float(np.sqrt(np.square(first - second).mean()))


def same(bits: int, delta: float) -> bool:
    """Whether two pictures this far apart are one picture, made smaller or encoded again."""
    return bits <= SAME_BITS and delta <= SAME_DELTA


def near(bits: int, delta: float) -> bool:
    """Whether a person should compare the two."""
    return bits <= NEAR_BITS and delta <= NEAR_DELTA

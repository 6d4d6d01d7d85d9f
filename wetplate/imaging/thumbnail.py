"""From the untrusted file to the small picture that was asked for, without ever holding the large one.

Here: the verb, and which engine does it: libvips where pyvips can be imported (3 to 5 times the speed, and
60 megapixels in 90 MB), Pillow elsewhere. Not here: the engines (`thumbnail_vips`, `thumbnail_pillow`).

Rules both engines keep (one suite in tests/imaging proves them on both):
1. Limits, end mark and frames are checked before a pixel is decoded; refusals are those of `decode`.
2. What comes out is as `decode` says: upright, 8-bit sRGB, alpha not premultiplied and only where needed.
3. The result has the size that was asked for; nothing is enlarged.

They agree to a PSNR of 33 dB or better: both filter by Lanczos-3, but libvips averages first where it scales
by more than two, and lets the JPEG and WebP decoders scale.
"""

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from wetplate.imaging.limits import LIMITS, Limits
from wetplate.imaging.pixels import Pixels

Size = tuple[int, int]
Box = tuple[int, int, int, int]
#: Told the upright width and height: which part (left, top, width, height) to take, and the size to give it.
Frame = Callable[[int, int], tuple[Box, Size]]


def thumbnail(file: Path, frame: Frame, limits: Limits = LIMITS) -> Pixels:
    """The part of the picture that the frame names, at its size.

    Raises ImageUnsupported, ImageTooLarge, ImageError.
    """
    pixels: Pixels = engine().thumbnail(file, frame, limits)
    return pixels


@cache
def engine() -> Any:
    """The engine of this machine. The first call loads it and closes its doors to other formats."""
    found = importlib.util.find_spec("pyvips") is not None
    return importlib.import_module(f"wetplate.imaging.thumbnail_{'vips' if found else 'pillow'}")

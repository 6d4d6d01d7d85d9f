"""Making a picture smaller.

Lanczos-3 over the sRGB values, alpha premultiplied while resampling. Never larger: an upscaled picture
carries no more detail and costs bytes. Why not in linear light: see docs/adr.
"""

import numpy as np
from PIL import Image

from wetplate.errors import ImageError
from wetplate.imaging.pixels import Pixels, checked


def height_at(width: int, of: tuple[int, int]) -> int:
    """The height that keeps the proportions of an original `(width, height)`; at least 1."""
    return max(1, round(of[1] * width / of[0]))


def downscale(pixels: Pixels, width: int) -> Pixels:
    """The picture at that width, proportions kept. The same width gives a copy.

    Raises ImageError on a larger one.
    """
    full_height, full_width = checked(pixels).shape[:2]
    if not 1 <= width <= full_width:
        raise ImageError(f"cannot scale {full_width} px of width to {width}: only downwards")
    if width == full_width:
        return pixels.copy()
    target = (width, height_at(width, (full_width, full_height)))
    return np.array(Image.fromarray(pixels).resize(target, Image.Resampling.LANCZOS))

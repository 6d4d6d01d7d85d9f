"""Making a picture smaller.

Here: Lanczos-3 over the sRGB values, alpha premultiplied while resampling. Not here: making one larger; that
adds bytes and no detail.

Why not in linear light: measured on product shots and photographs (512 px to 128 and 320), it takes twice the
CPU time, changes product shots by a mean CIEDE2000 of 0.2 to 0.4 (photographs 0.5 to 1.2), and Lanczos'
undershoot beside bright edges falls to black (darkest sample 0 instead of 9 to 16).
"""

import numpy as np
from PIL import Image

from wetplate.errors import ImageError
from wetplate.imaging.pixels import Pixels, checked


def height_at(width: int, of: tuple[int, int]) -> int:
    """The height that keeps the proportions of an original `(width, height)`; at least 1."""
    return max(1, round(of[1] * width / of[0]))


def downscale(pixels: Pixels, width: int) -> Pixels:
    """The picture at that width, proportions kept; a copy at its own. Raises ImageError on a larger one."""
    full_height, full_width = checked(pixels).shape[:2]
    if not 1 <= width <= full_width:
        raise ImageError(f"cannot scale {full_width} px of width to {width}: only downwards")
    if width == full_width:
        return pixels.copy()
    target = (width, height_at(width, (full_width, full_height)))
    return np.array(Image.fromarray(pixels).resize(target, Image.Resampling.LANCZOS))

"""Whether a picture is flat: drawn in areas of one colour (a chart, a label), not shaded like a photograph.

Flat pictures show JPEG's ringing around every edge and compress well without loss; shaded ones do not.

The decision rests on two numbers of the pixels. `same`: share of pixels equal to both their left and upper
neighbours. `colours`: how many distinct ones there are. Measured (2026-11, 42 pictures: photographs,
micrographs, rendered product shots, charts, discs, a metallic logo, each also at 320 px): charts and discs
0.72 to 0.99 with at most 2,193 colours; everything shaded at most 0.54 (product shots on a studio ground 0.36
to 0.46, photographs under 0.38). Lossless WebP then takes 0.2 to 2.6 times the bytes of a lossy one, against
3 to 30 times for shaded pictures.
"""

import numpy as np

from wetplate.imaging.pixels import Pixels, checked, opaque

SAME = 0.65
COLOURS = 4_096


def flat(pixels: Pixels) -> bool:
    """Whether lossless formats suit the picture. One pixel wide or high counts as flat."""
    keys = _keys(pixels)
    return _same(keys) >= SAME and np.unique(keys).size <= COLOURS


def _keys(pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    """Each pixel's colour, as seen on white, as one number."""
    keys: np.ndarray[tuple[int, ...], np.dtype[np.uint32]] = opaque(checked(pixels)).astype(
        np.uint32
    ) @ np.array((1 << 16, 1 << 8, 1), np.uint32)
    return keys


def _same(keys: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> float:
    inner = keys[1:, 1:]
    if not inner.size:
        return 1.0
    return float(((inner == keys[1:, :-1]) & (inner == keys[:-1, 1:])).mean())

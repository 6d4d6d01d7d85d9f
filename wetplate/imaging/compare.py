"""How far two pictures are apart, in three measures.

Here: PSNR, mean CIEDE2000 (inside a mask if one is given), SSIMULACRA2. Not here: which value is good enough.
SSIMULACRA2 is our own implementation, `wetplate-ssimulacra2 1` (see `ssimulacra2`). It agrees to 0.01 with
the Python package `ssimulacra2` 0.3.0, by which recall is judged; both read 0.6 to 3.4 above the C++
reference near 90, so figures of other implementations do not compare.
"""

import math

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import ImageError
from wetplate.imaging.pixels import Pixels, checked, opaque
from wetplate.imaging.ssimulacra2 import Reference

Values = NDArray[np.float64]
_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def psnr(one: Pixels, other: Pixels) -> float:
    """Peak signal to noise in dB; infinite for equal pictures. Raises ImageError when the shapes differ."""
    _alike(one, other)
    error = np.square(one.astype(np.float64) - other.astype(np.float64)).mean()
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


def ciede2000(one: Pixels, other: Pixels, mask: NDArray[np.bool_] | None = None) -> float:
    """Mean CIEDE2000 (D65), over the pixels of the (H, W) mask if given. Raises ImageError."""
    _alike(one, other)
    chosen = np.ones(one.shape[:2], bool) if mask is None else mask
    if chosen.shape != one.shape[:2] or not chosen.any():
        raise ImageError(
            f"the mask must be {one.shape[:2]} and choose at least one pixel, got {chosen.shape}"
        )
    return float(delta_e(lab(opaque(one)[chosen]), lab(opaque(other)[chosen])).mean())


def ssimulacra2(one: Pixels, other: Pixels) -> float:
    """SSIMULACRA2 of two pictures, on white: 100 is equal, 90 hard to tell, 70 good. Raises ImageError."""
    _alike(one, other)
    return Reference(one).score(other)


def lab(srgb: Pixels) -> Values:
    """CIE L*a*b* (D65, 2°) of 8-bit sRGB; colours in the last axis."""
    values = srgb.astype(np.float64) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    xyz = light @ _TO_XYZ.T / _WHITE
    cubes = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(cubes, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e(one: Values, other: Values) -> Values:
    """CIEDE2000 of pairs of L*a*b* values (Sharma, Wu, Dalal 2005), kL = kC = kH = 1."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    stretch = 1 + 0.5 * (1 - _seventh((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.arctan2(b1, a1 * stretch) % (2 * np.pi), np.arctan2(b2, a2 * stretch) % (2 * np.pi)
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    hue = np.where(grey, h1 + h2, h1 + turn / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weight = 1 + _cosines(hue)
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * weight
    bend = np.exp(-(((np.degrees(hue) % 360 - 275) / 25) ** 2)) * np.pi / 3
    d_l, d_c, d_h = (l2 - l1) / s_l, (c2 - c1) / s_c, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / s_h
    blue = -2 * _seventh(chroma) * np.sin(bend) * d_c * d_h
    return np.asarray(np.sqrt(np.maximum(d_l**2 + d_c**2 + d_h**2 + blue, 0)))


def _seventh(chroma: Values) -> Values:
    return np.asarray(np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))


def _cosines(hue: Values) -> Values:
    """T - 1 of the formula: how the weight of hue changes around the circle."""
    waves = -0.17 * np.cos(hue - np.radians(30)) + 0.24 * np.cos(2 * hue)
    return np.asarray(
        waves + 0.32 * np.cos(3 * hue + np.radians(6)) - 0.20 * np.cos(4 * hue - np.radians(63))
    )


def _alike(one: Pixels, other: Pixels) -> None:
    if checked(one).shape != checked(other).shape:
        raise ImageError(f"pictures of {one.shape} and {other.shape} cannot be compared")

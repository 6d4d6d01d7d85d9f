"""SSIMULACRA2 (Jon Sneyers, 2023): how alike two pictures look, in float32 NumPy.

Here: the metric by its published definition. Not here: which score is good enough, alpha (`compare` lays
pictures on white first).

Rules:
1. What concerns the reference alone is computed once: `Reference(pixels)` then scores any number of others.
2. The edges are those of the Python package `ssimulacra2` 0.3.0, against which this is checked: nothing
   beyond left and right, mirrored above and below. Terms whose weight lies under 0.01 are left out; in 588
   comparisons of photographs and product shots no score moved by more than 0.004.
3. A scale is counted while both sides have 8 px. The published weights are listed by channel, then scale, and
   the list is walked without gaps: a picture with a side under 225 px has fewer scales, and each of them
   other weights (fine chroma, which counts nothing in a larger picture, then counts most). That is the
   definition, and the default. `by_scale` keeps each weight with the scale it was fitted to, so that scores
   of all sizes from 113 px compare (the sixth scale has no weight); from 225 px there is no difference.
4. Maps are written in the difference of the two pictures, not as differences of moments: equal pictures give
   exactly 100, and float32 is enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import ImageError
from wetplate.imaging.gaussian import BLOCK, RADIUS, blurred
from wetplate.imaging.pixels import Pixels, opaque

SCORER = "wetplate-ssimulacra2 1"
LEAST = 8  # px; no scale is smaller
SCALES = 6
Values = NDArray[np.float32]

# From linear sRGB to what the three kinds of cones absorb, and the light they see in the dark.
_OPSIN = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536],
    ],
    np.float32,
)
_DARK = np.float32(0.0037930732552754493)
_STABLE = np.float32(0.0009)
_STRIP = 1 << 16  # px worked on at a time

SIMILARITY, ARTEFACT, LOSS = range(3)  # structure differs; an edge came; an edge went
# Position in the published list of 108 weights: ((channel * scales + scale) * 2 + norm) * 3 + map.
_WEIGHTS = {
    9: 1.1041726426657346,
    15: 1.8422455520539298,
    16: 11.441172603757666,
    21: 1.8787594979546387,
    22: 10.94906990605142,
    25: 0.9677937080626833,
    28: 0.9981766977854967,
    39: 7.466890328078848,
    41: 17.445833984131262,
    45: 6.683678146179332,
    47: 1.027889937768264,
    48: 225.20515300849274,
    51: 19.213238186143016,
    54: 176.39317598450694,
    57: 24.43300999870476,
    58: 0.28520802612117757,
    63: 34.77906344483772,
    64: 44.835625328877896,
    93: 8.826982764996862,
    94: 23.19243343998926,
    96: 95.1080498811086,
    97: 0.9863978034400682,
    98: 0.9834382792465353,
    100: 171.2667255897307,
    101: 0.9807858872435379,
}


@dataclass(frozen=True)
class Term:
    """One number that counts: the mean (`norm` 1) or the 4-norm of one map of one channel (X, Y, B)."""

    channel: int
    map: int
    norm: int
    weight: float


@dataclass(frozen=True)
class _Strip:
    """Some rows of one scale of the reference: planes (n, rows, W) of the channels that count there."""

    plane: Values  # with as many rows more above and below as the blur reaches
    mean: Values
    spread: Values  # twice the local variance, plus the constant that keeps the quotient finite
    detail: Values  # plane - mean
    calm: Values  # 1 / (1 + |detail|)


@dataclass(frozen=True)
class _Scale:
    """One scale of the reference. In strips, so that what is computed stays in the processor's cache."""

    terms: tuple[Term, ...]
    channels: tuple[int, ...]
    strips: list[_Strip]
    size: int


class Reference:
    """A picture to which others are compared, with the weights as listed or `by_scale` (rule 3).

    Raises ImageError under 8 px.
    """

    def __init__(self, pixels: Pixels, *, by_scale: bool = False) -> None:
        self.shape = opaque(pixels).shape
        if min(self.shape[:2]) < LEAST:
            raise ImageError(f"SSIMULACRA2 needs {LEAST} px a side, got {self.shape[1]} × {self.shape[0]}")
        count = scales(self.shape[0], self.shape[1])
        listed = SCALES if by_scale else count
        self._scales = [_scale(light, terms(at, listed)) for at, light in enumerate(_pyramid(pixels, count))]

    def score(self, other: Pixels) -> float:
        """100 is equal, 90 hard to tell, 70 good, below 0 another picture. Raises ImageError."""
        if opaque(other).shape != self.shape:
            raise ImageError(f"pictures of {self.shape} and {opaque(other).shape} cannot be compared")
        pairs = zip(self._scales, _pyramid(other, len(self._scales)), strict=True)
        return _score(sum(_error(scale, light) for scale, light in pairs))


def scales(height: int, width: int) -> int:
    """How many scales a picture of this size has; each next one has half the sides, rounded up."""
    count, side = 1, min(height, width)
    while count < SCALES and (side := (side + 1) // 2) >= LEAST:
        count += 1
    return count


@cache
def terms(scale: int, count: int) -> tuple[Term, ...]:
    """What counts at this scale where the list of weights is walked as for `count` scales."""
    return tuple(
        Term(channel, kind, norm, _WEIGHTS[position])
        for channel in range(3)
        for which, norm in enumerate((1, 4))
        for kind in (SIMILARITY, ARTEFACT, LOSS)
        if (position := ((channel * count + scale) * 2 + which) * 3 + kind) in _WEIGHTS
    )


def _score(error: float) -> float:
    error *= 0.9562382616834844
    curve = 2.326765642916932 * error - 0.020884521182843837 * error**2 + 6.248496625763138e-05 * error**3
    return 100 - 10 * curve**0.6276336467831387 if curve > 0 else 100.0


def _pyramid(pixels: Pixels, count: int) -> list[Values]:
    """Linear light, (3, H, W), at each scale."""
    light = [np.take(_LINEAR, np.ascontiguousarray(np.moveaxis(opaque(pixels), 2, 0)))]
    while len(light) < count:
        light.append(_halved(light[-1]))
    return light


def _halved(light: Values) -> Values:
    height, width = light.shape[1:]
    even = light
    if height % 2 or width % 2:
        even = np.pad(light, ((0, 0), (0, height % 2), (0, width % 2)), "edge")
    rows = even[:, 0::2] + even[:, 1::2]
    return (rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25)


def _strips(light: Values) -> Iterator[Values]:
    """(3, rows + 2 radius, W) of the picture and of its mirror images above and below, top to bottom."""
    tall = np.pad(light, ((0, 0), (RADIUS, RADIUS), (0, 0)), "symmetric")
    height, width = light.shape[1:]
    rows = max(1, _STRIP // width // BLOCK) * BLOCK
    for top in range(0, height, rows):
        yield tall[:, top : min(top + rows, height) + 2 * RADIUS]


def _planes(light: Values, channels: tuple[int, ...]) -> Values:
    """The chosen channels of the positive XYB colour space, (n, H, W)."""
    kinds = 3 if 2 in channels else 2
    cones = np.matmul(_OPSIN[:kinds], light.reshape(3, -1)) + _DARK
    cones = np.cbrt(cones, out=cones) - np.cbrt(_DARK)
    luma = (cones[0] + cones[1]) * np.float32(0.5)
    made = {
        0: lambda: (cones[0] - cones[1]) * np.float32(7) + np.float32(0.42),
        1: lambda: luma + np.float32(0.01),
        2: lambda: cones[2] - luma + np.float32(0.55),
    }
    return np.stack([made[channel]() for channel in channels]).reshape(-1, *light.shape[1:])


def _scale(light: Values, counted: tuple[Term, ...]) -> _Scale:
    channels = tuple(sorted({term.channel for term in counted}))
    strips = [_strip(_planes(each, channels)) for each in _strips(light)] if counted else []
    return _Scale(counted, channels, strips, light[0].size)


def _strip(plane: Values) -> _Strip:
    mean, square = blurred(plane, plane * plane)
    detail = plane[:, RADIUS:-RADIUS] - mean
    return _Strip(plane, mean, 2 * (square - mean * mean) + _STABLE, detail, 1 / (1 + np.abs(detail)))


def _error(scale: _Scale, light: Values) -> float:
    """The weighted sum of what counts at this scale."""
    sums = np.zeros(len(scale.terms))
    for strip, its_light in zip(scale.strips, _strips(light) if scale.terms else (), strict=True):
        maps = _maps(strip, _planes(its_light, scale.channels) - strip.plane)
        for at, term in enumerate(scale.terms):
            sums[at] += _sum(maps[term.map][scale.channels.index(term.channel)], term.norm)
    norms = (
        each.weight * (total / scale.size) ** (1 / each.norm)
        for each, total in zip(scale.terms, sums, strict=True)
    )
    return float(sum(norms))


def _maps(strip: _Strip, apart: Values) -> tuple[Values, Values, Values]:
    """Dissimilarity, artefacts and losses, each (n, rows, W), of planes that lie `apart` from the strip's.

    Dissimilarity is 1 - SSIM without its luminance divisor.
    """
    mean, square, cross = blurred(apart, apart * apart, apart * strip.plane)
    shift = mean * mean
    variance = square - shift
    both = strip.spread + 2 * (cross - strip.mean * mean) + variance
    dissimilar = np.maximum(shift + (1 - shift) * variance / both, 0)
    edges = strip.calm * (np.abs(strip.detail + apart[:, RADIUS:-RADIUS] - mean) - np.abs(strip.detail))
    return dissimilar, np.maximum(edges, 0), np.maximum(-edges, 0)


def _sum(values: Values, power: int) -> float:
    """The sum of the values, or of their fourth powers."""
    if power == 1:
        return float(values.sum())
    squares = (values * values).ravel()
    return float(squares @ squares)


def _linear() -> Values:
    values = np.arange(256) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _linear()

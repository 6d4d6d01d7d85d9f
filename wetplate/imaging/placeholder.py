"""What a page shows before the first byte of a picture has come: ThumbHash and dominant colour.

ThumbHash (the published format of evanw/thumbhash): 20 to 25 bytes that hold the picture's lowest
frequencies, alpha and proportions included. Own code, because the two Python packages are unkept (one pins
Pillow below 11, both walk pixels in Python, 100 times slower). The decoder is in tests/imaging.
"""

import base64
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wetplate.imaging.pixels import Pixels, checked, opaque

SIDE = 100
Plane = NDArray[np.float64]


def thumbhash(pixels: Pixels) -> str:
    """The ThumbHash as base64."""
    return base64.b64encode(thumbhash_bytes(_small(checked(pixels)))).decode()


def dominant(pixels: Pixels) -> str:
    """The colour most of the picture has, `#rrggbb`: the mean of the fullest of 4,096 colour cells."""
    colours = opaque(_small(checked(pixels))).reshape(-1, 3)
    cells = (colours.astype(np.int64) >> 4) @ (256, 16, 1)
    fullest = colours[cells == np.bincount(cells).argmax()]
    return "#" + "".join(f"{round(value):02x}" for value in fullest.mean(axis=0))


def thumbhash_bytes(pixels: Pixels) -> bytes:
    """The ThumbHash of a picture of at most 100 × 100."""
    height, width = pixels.shape[:2]
    light, yellow, red, alpha = _planes(pixels)
    has_alpha = bool((alpha < 1).any())
    limit = 5 if has_alpha else 7
    across, down = (max(1, _round(limit * side / max(width, height))) for side in (width, height))
    l_dc, l_ac, l_scale = _channel(light, max(3, across), max(3, down))
    p_dc, p_ac, p_scale = _channel(yellow, 3, 3)
    q_dc, q_ac, q_scale = _channel(red, 3, 3)
    colours = _round(63 * l_dc) | _round(31.5 + 31.5 * p_dc) << 6 | _round(31.5 + 31.5 * q_dc) << 12
    landscape = width > height
    head = (colours | _round(31 * l_scale) << 18 | has_alpha << 23).to_bytes(3, "little")
    shape: int = (
        (down if landscape else across)
        | _round(63 * p_scale) << 3
        | _round(63 * q_scale) << 9
        | landscape << 15
    )
    tail: bytes = b""
    waves = [*l_ac, *p_ac, *q_ac]
    if has_alpha:
        a_dc, a_ac, a_scale = _channel(alpha, 5, 5)
        tail, waves = bytes([_round(15 * a_dc) | _round(15 * a_scale) << 4]), [*waves, *a_ac]
    return head + shape.to_bytes(2, "little") + tail + bytes(_nibbles(waves))


def _small(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image)


def _planes(pixels: Pixels) -> tuple[Plane, Plane, Plane, Plane]:
    """Luminance, yellow minus blue, red minus green, alpha; what is transparent takes the average colour."""
    values = pixels.astype(np.float64) / 255
    alpha = values[..., 3] if pixels.shape[2] == 4 else np.ones(pixels.shape[:2])
    weight = alpha.sum()
    average = (values[..., :3] * alpha[..., None]).sum(axis=(0, 1)) / (weight or 1)
    red, green, blue = np.moveaxis(
        average * (1 - alpha[..., None]) + values[..., :3] * alpha[..., None], 2, 0
    )
    return (red + green + blue) / 3, (red + green) / 2 - blue, red - green, alpha


def _channel(plane: Plane, across: int, down: int) -> tuple[float, list[float], float]:
    """Mean, the triangle of lower frequencies scaled to 0..1, and their scale."""
    height, width = plane.shape
    rows, columns = _cosines(height, down), _cosines(width, across)
    waves = rows @ plane @ columns.T / (width * height)
    inside = [
        waves[y, x] for y in range(down) for x in range(across) if x * down < across * (down - y) and x + y
    ]
    scale = max((abs(wave) for wave in inside), default=0.0)
    return float(waves[0, 0]), [0.5 + 0.5 / scale * wave if scale else 0.0 for wave in inside], float(scale)


def _cosines(size: int, count: int) -> Plane:
    return np.cos(np.pi / size * np.arange(count)[:, None] * (np.arange(size) + 0.5))


def _nibbles(waves: list[float]) -> Iterator[int]:
    """Two waves of four bits per byte, the first in the low half."""
    values = [_round(15 * wave) for wave in waves] + [0] * (len(waves) % 2)
    return (low | high << 4 for low, high in zip(values[::2], values[1::2], strict=True))


def _round(value: float) -> int:
    """Halves upwards, as the format's reference does."""
    return int(np.floor(value + 0.5))

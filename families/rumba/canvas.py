"""Pixels for the studio: curves, coverage masks, soft light. Knows nothing of shoes.

Belongs here: anything that would serve another family's renderer unchanged.
Does not belong here: a coordinate or a colour of a product.

Rules: positions are fractions of the canvas (x right, y down); a mask is a
float32 array in 0..1 of shape (WORK, WORK); light is linear, never gamma.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Mask: TypeAlias = NDArray[np.float32]
Light: TypeAlias = NDArray[np.float32]
Point: TypeAlias = tuple[float, float]
Points: TypeAlias = NDArray[np.float32]

WORK = 1024
_OVER = 2


def curve(points: Sequence[Point], closed: bool = False, steps: int = 24) -> Points:
    """A Catmull-Rom curve through `points`, as an (n, 2) array."""
    p = np.asarray(points, dtype=np.float64)
    padded = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([p[:1], p, p[-1:]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = [_segment(padded[i : i + 4], t) for i in range(len(padded) - 3)]
    if not closed:
        pieces.append(p[-1:])
    return np.vstack(pieces).astype(np.float32)


def _segment(q: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d = q
    slope = (c - a) + (2 * a - 5 * b + 4 * c - d) * t + (3 * b - a - 3 * c + d) * t * t
    points: NDArray[np.float64] = b + 0.5 * t * slope
    return points


def straight(start: Point, end: Point, *, steps: int = 24) -> Points:
    """Evenly spaced points from `start` to `end`, both included."""
    return np.linspace(start, end, steps, dtype=np.float32)


def offset(path: Points, distance: float) -> Points:
    """`path` moved sideways: positive is to the right of its direction on screen."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1])[:, None], 1e-9)
    return (path + distance * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)).astype(np.float32)


def fill(outline: Points) -> Mask:
    """Coverage of a closed outline, antialiased."""
    size = WORK * _OVER
    image = Image.new("L", (size, size), 0)
    ImageDraw.Draw(image).polygon([(float(x) * size, float(y) * size) for x, y in outline], fill=255)
    return _reduced(image)


def stroke(path: Points, width: float) -> Mask:
    """Coverage of a round-ended line of `width` along `path`."""
    size = WORK * _OVER
    image = Image.new("L", (size, size), 0)
    draw, r = ImageDraw.Draw(image), width * size / 2
    for x, y in _dense(path, 0.35 * width) * size:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return _reduced(image)


def dashes(path: Points, dash: float, gap: float, width: float) -> Mask:
    """A row of stitches along `path`."""
    size = WORK * _OVER
    image = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(image)
    dense = _dense(path, dash / 8)
    period = round((dash + gap) / (dash / 8))
    for first in range(0, len(dense) - 8, period):
        stitch = [(float(x) * size, float(y) * size) for x, y in dense[first : first + 9]]
        draw.line(stitch, fill=255, width=max(1, round(width * size)), joint="curve")
    return _reduced(image)


def _dense(path: Points, step: float) -> Points:
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0.0, along[-1], max(2, int(along[-1] / step)))
    return np.stack([np.interp(wanted, along, path[:, i]) for i in (0, 1)], axis=1).astype(np.float32)


def _reduced(image: Image.Image) -> Mask:
    return np.asarray(image.reduce(_OVER), dtype=np.float32) / np.float32(255)


def blur(mask: Mask, radius: float) -> Mask:
    """Nearly Gaussian blur (a box, three times); `radius` is a fraction of the canvas.

    Done on the spectrum: the canvas wraps round, which a shape away from the border never sees.
    """
    width = 2 * max(1, round(radius * WORK * 0.9)) + 1
    down, across = _box_response(width, np.fft.fftfreq(WORK)), _box_response(width, np.fft.rfftfreq(WORK))
    spectrum = np.fft.rfft2(mask) * np.outer(down**3, across**3).astype(np.float32)
    return np.fft.irfft2(spectrum, mask.shape).astype(np.float32)


def _box_response(width: int, frequency: NDArray[Any]) -> NDArray[np.float64]:
    """What a moving average over `width` samples lets through."""
    phase = np.pi * np.where(frequency == 0, 1.0, frequency)
    return np.where(frequency == 0, 1.0, np.sin(width * phase) / (width * np.sin(phase)))


def shifted(mask: Mask, dx: float, dy: float) -> Mask:
    """`mask` moved by whole working pixels; what leaves the canvas is lost."""
    return np.roll(mask, (round(dy * WORK), round(dx * WORK)), axis=(0, 1))


def resize(plane: Mask, size: int) -> Mask:
    """Area average of one plane to (size, size)."""
    image = Image.fromarray(plane, mode=None).resize((size, size), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32)


def linear(srgb: tuple[int, int, int]) -> NDArray[np.float32]:
    """sRGB bytes to linear light."""
    v = np.asarray(srgb, dtype=np.float32) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes."""
    v = np.clip(light, 0.0, 1.0)
    srgb = np.where(v <= 0.0031308, v * 12.92, 1.055 * np.power(v, 1 / 2.4) - 0.055)
    return np.round(srgb * 255).astype(np.uint8)

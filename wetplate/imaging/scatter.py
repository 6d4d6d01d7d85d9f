"""A small plot of points, drawn by Pillow: how one number goes with another, by kind.

Here: drawing. Not here: what the numbers are.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from wetplate.imaging.encode import PNG, encode

Points = Sequence[tuple[float, float]]
PAPER, INK, GRID = (255, 255, 255), (60, 60, 66), (228, 228, 232)
COLOURS = ((31, 102, 178), (214, 98, 30), (44, 140, 80), (150, 70, 150))
WIDTH, HEIGHT = 640, 400
LEFT, TOP, RIGHT, BOTTOM = 56, 28, 16, 44
DOT = 2


def scatter(kinds: Mapping[str, Points], *, across: str, up: str) -> bytes:
    """A PNG of 640 × 400: each kind in its colour, the axis `across` logarithmic (values above 0)."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(sheet)
    everything = [point for points in kinds.values() for point in points]
    if everything:
        x_ticks = _powers([x for x, _ in everything])
        y_ticks = _round([y for _, y in everything])
        _frame(pen, x_ticks, y_ticks)
        for colour, points in zip(COLOURS, kinds.values(), strict=False):
            for x, y in points:
                _dot(pen, _x(x, x_ticks), _y(y, y_ticks), colour)
    _words(pen, kinds, across, up)
    return encode(np.asarray(sheet), PNG)


def _powers(values: Sequence[float]) -> list[float]:
    """1, 2 and 5 times powers of ten, around the values."""
    ladder = [step * 10.0**power for power in range(-3, 13) for step in (1, 2, 5)]
    low = max((tick for tick in ladder if tick <= min(values)), default=ladder[0])
    high = min((tick for tick in ladder if tick >= max(values) and tick > low), default=ladder[-1])
    return [tick for tick in ladder if low <= tick <= high]


def _round(values: Sequence[float]) -> list[float]:
    """Up to eight evenly spaced round numbers around the values."""
    spread = max(max(values) - min(values), 1.0)
    steps = (base * 10.0**power for power in range(-1, 13) for base in (1, 2, 5))
    step = next(step for step in steps if spread / step <= 6)
    first = math.floor(min(values) / step)
    return [step * n for n in range(first, max(math.ceil(max(values) / step), first + 1) + 1)]


def _x(value: float, ticks: Sequence[float]) -> float:
    share = math.log(value / ticks[0]) / math.log(ticks[-1] / ticks[0])
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(value: float, ticks: Sequence[float]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _frame(pen: ImageDraw.ImageDraw, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> None:
    font = ImageFont.load_default(size=11)
    for tick in x_ticks:
        x = _x(tick, x_ticks)
        pen.line((x, TOP, x, HEIGHT - BOTTOM), GRID)
        pen.text((x, HEIGHT - BOTTOM + 4), f"{tick:,g}", INK, font, anchor="ma")
    for tick in y_ticks:
        y = _y(tick, y_ticks)
        pen.line((LEFT, y, WIDTH - RIGHT, y), GRID)
        pen.text((LEFT - 6, y), f"{tick:g}", INK, font, anchor="rm")


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, colour: tuple[int, int, int]) -> None:
    pen.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=colour)


def _words(pen: ImageDraw.ImageDraw, kinds: Mapping[str, Points], across: str, up: str) -> None:
    font = ImageFont.load_default(size=12)
    pen.text((WIDTH - RIGHT, HEIGHT - 8), across, INK, font, anchor="rs")
    pen.text((LEFT, TOP - 8), up, INK, font, anchor="ls")
    at = WIDTH - RIGHT
    for colour, (name, points) in reversed(list(zip(COLOURS, kinds.items(), strict=False))):
        pen.text((at, TOP - 8), f"{name} ({len(points):,})", colour, font, anchor="rs")
        at -= int(pen.textlength(f"{name} ({len(points):,})   ", font))

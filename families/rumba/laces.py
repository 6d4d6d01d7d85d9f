"""The Rumba's laces: two lacing patterns and the bow.

Belongs here: where laces run and how a woven ribbon takes the light.
Does not belong here: the shoe beneath, colours.
Rule: the pattern changes geometry and nothing else; both use the same eyelets and bow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from families.rumba import outlines
from families.rumba.canvas import WORK, Mask, Points, blur, curve
from families.rumba.plate import Plate

PAIRS = 6
WIDTH = 0.0235
_INTO = np.array([[-0.005, -0.008], [0.004, 0.007]], np.float32)
PATTERNS = ("crisscross", "bar")


def eyelet_rows() -> tuple[Points, Points]:
    """Near and far eyelets, toe to ankle, each (PAIRS, 2)."""
    t = np.linspace(0.07, 0.95, PAIRS, dtype=np.float32)[:, None]
    near0, near1 = np.array(outlines.NEAR, np.float32) + np.array([0.012, 0.022], np.float32)
    far0, far1 = np.array(outlines.FAR, np.float32) + np.array([-0.009, -0.019], np.float32)
    return near0 + (near1 - near0) * t, far0 + (far1 - far0) * t


def runs(pattern: str) -> list[Points]:
    """Centre lines of the visible laces, undermost first."""
    near, far = (row + move for row, move in zip(eyelet_rows(), _INTO, strict=True))
    if pattern == "bar":
        return [_arched(near[i], far[i]) for i in range(PAIRS)]
    crossed = [_arched(near[0], far[0])]
    for i in range(PAIRS - 1):
        crossed += [_arched(far[i], near[i + 1]), _arched(near[i], far[i + 1])]
    return crossed


def _arched(a: Points, b: Points) -> Points:
    """From eyelet to eyelet over the tongue's bulge."""
    middle = (a + b) / 2 + np.array([-0.006, -0.009], np.float32)
    return curve([tuple(a), tuple(middle), tuple(b)], steps=32)


def bow() -> list[Points]:
    """Two tails and two loops, undermost first."""
    near, far = eyelet_rows()
    x, y = (near[-1] + far[-1]) / 2 + np.array([0.004, -0.004], np.float32)
    tail_near = [(x, y), (x + 0.035, y + 0.055), (x + 0.030, y + 0.125), (x + 0.046, y + 0.185)]
    tail_far = [(x, y), (x - 0.050, y + 0.010), (x - 0.092, y + 0.048), (x - 0.105, y + 0.098)]
    loop_near = [
        (x, y),
        (x + 0.055, y - 0.010),
        (x + 0.108, y + 0.030),
        (x + 0.128, y + 0.078),
        (x + 0.098, y + 0.088),
        (x + 0.055, y + 0.045),
        (x, y),
    ]
    loop_far = [
        (x, y),
        (x - 0.035, y - 0.055),
        (x - 0.085, y - 0.088),
        (x - 0.128, y - 0.080),
        (x - 0.120, y - 0.045),
        (x - 0.060, y - 0.016),
        (x, y),
    ]
    return [curve(p, steps=32) for p in (tail_far, tail_near, loop_far, loop_near)]


def knot() -> Points:
    """The short wrap that holds the bow."""
    near, far = eyelet_rows()
    x, y = (near[-1] + far[-1]) / 2 + np.array([0.004, -0.004], np.float32)
    return curve([(x - 0.010, y - 0.012), (x + 0.002, y + 0.001), (x + 0.012, y + 0.014)], steps=32)


def thread(plate: Plate, pattern: str) -> None:
    """Lay all laces of `pattern` with their shadows, then the bow."""
    for path in runs(pattern):
        _ribbon(plate, path, WIDTH, 0.005)
    for path in bow():
        _ribbon(plate, path, WIDTH * 0.86, 0.010)
    _ribbon(plate, knot(), WIDTH * 1.25, 0.006)
    plate.bounce("lace", 0.05 * blur(plate.cover["lace"], 0.012) * (1 - plate.cover["lace"]))


def _ribbon(plate: Plate, path: Points, width: float, height: float) -> None:
    alpha, shade, shine = woven(path, width)
    plate.drop_shadow(alpha, 0.45 * height, height, 0.8 * height, 0.55)
    plate.darken(0.30 * blur(alpha, 0.0025))
    plate.lay(alpha, "lace", shade, shine)


def woven(path: Points, width: float) -> tuple[Mask, Mask, Mask]:
    """Coverage, shade and shine of a round, woven ribbon along `path`."""
    across, along, facing = _coordinates(path, width)
    edge = np.clip((1 - np.abs(across)) * width * WORK / 2 + 0.5, 0, 1)
    inside = np.clip(np.abs(across), 0, 1)
    weave = np.sin(2 * np.pi * (along / 0.0115 + 0.45 * inside))
    shade = 0.92 + 0.24 * facing * across - 0.30 * inside**4 + 0.075 * weave * (1 - inside**2)
    shine = 0.020 * np.clip(1 - (across + 0.35 * np.sign(facing)) ** 2 * 6, 0, 1)
    return edge.astype(np.float32), np.clip(shade, 0.2, 1.3).astype(np.float32), shine.astype(np.float32)


def _coordinates(path: Points, width: float) -> tuple[Mask, Mask, Mask]:
    """Per pixel: signed distance in half widths, length along, how its right side faces the light."""
    across = np.full((WORK, WORK), 2.0, np.float32)
    along, facing = np.zeros_like(across), np.zeros_like(across)
    lo = np.maximum(((path.min(0) - width) * WORK).astype(int), 0)
    hi = np.minimum(((path.max(0) + width) * WORK).astype(int) + 1, WORK)
    y, x = np.mgrid[lo[1] : hi[1], lo[0] : hi[0]].astype(np.float32) / WORK
    nearest = _nearest(path, x, y)
    tangent = np.gradient(path, axis=0)
    tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None]
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))]).astype(np.float32)
    dx, dy = x - path[nearest, 0], y - path[nearest, 1]
    tx, ty = tangent[nearest, 0], tangent[nearest, 1]
    box = (slice(lo[1], hi[1]), slice(lo[0], hi[0]))
    side, ahead = dy * tx - dx * ty, dx * tx + dy * ty
    reach = np.where(np.abs(ahead) < 0.003, np.abs(side), np.hypot(dx, dy))
    across[box] = np.sign(side) * np.clip(reach / (width / 2), 0, 2)
    along[box] = length[nearest] + ahead
    facing[box] = (-ty) * -0.49 + tx * -0.87
    return across, along, facing


def _nearest(path: Points, x: Mask, y: Mask) -> NDArray[np.intp]:
    best = np.full_like(x, np.inf)
    index: NDArray[np.intp] = np.zeros_like(x, dtype=np.intp)
    for i, (px, py) in enumerate(path):
        d = (x - px) ** 2 + (y - py) ** 2
        closer = d < best
        best[closer], index[closer] = d[closer], i
    return index

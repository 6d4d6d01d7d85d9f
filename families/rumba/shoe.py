"""The Rumba's body in the studio: materials, background, shadow, upper, how a panel is sewn on.

Belongs here: what everything else lies on. Does not belong here: where a part is
(outlines), overlays and sole (trim), laces (laces), drawing primitives (canvas).
Rule: light falls from above left.
"""

from __future__ import annotations

import numpy as np

from families.rumba import outlines
from families.rumba.canvas import (
    WORK,
    Light,
    Mask,
    Points,
    blur,
    curve,
    dashes,
    fill,
    shifted,
    stroke,
)
from families.rumba.plate import Colour, Plate, relief

BODY: Colour = (150, 153, 158)
PANEL: Colour = (96, 101, 110)
TONGUE: Colour = (176, 178, 182)
LINING: Colour = (70, 73, 80)
THREAD: Colour = (214, 214, 210)
METAL: Colour = (170, 172, 176)


def background() -> Light:
    """A seamless studio sweep: bright behind the shoe, darker floor and corners."""
    y, x = np.mgrid[0:WORK, 0:WORK].astype(np.float32) / WORK
    glow = np.exp(-((x - 0.48) ** 2 / 0.22 + (y - 0.40) ** 2 / 0.16))
    floor = 1 / (1 + np.exp(-(y - 0.66) / 0.05))
    grey = 0.58 + 0.26 * glow + 0.035 * floor * (1 - (y - 0.66))
    light: Light = (grey[..., None] * np.array([0.985, 0.995, 1.01])).astype(np.float32)
    return light


def ground(plate: Plate) -> None:
    """Contact shadow, soft and hard, and the sole's colour on the floor."""
    wide = fill(
        curve([(0.08, 0.765), (0.5, 0.750), (0.92, 0.750), (0.945, 0.772), (0.5, 0.815), (0.11, 0.800)], True)
    )
    near = fill(
        curve([(0.14, 0.752), (0.5, 0.762), (0.90, 0.748), (0.915, 0.765), (0.5, 0.786), (0.17, 0.777)], True)
    )
    plate.darken(0.55 * blur(wide, 0.035))
    plate.bounce("sole", 0.10 * blur(shifted(wide, 0, 0.018), 0.03))
    plate.darken(0.75 * blur(near, 0.008))


def mottle(scale: float, seed: int) -> Mask:
    """Seeded, soft unevenness of a material, of deviation 1; `scale` is a canvas fraction."""
    grain = np.random.default_rng(seed).standard_normal((WORK, WORK)).astype(np.float32)
    soft = blur(grain, scale)
    even: Mask = (soft / soft.std()).astype(np.float32)
    return even


def panel(
    plate: Plate, clip: Mask, outline: Points, colour: Colour, shade: Mask, lift: float = 0.004
) -> None:
    """An overlay: throws a thin shadow, catches light on its edge."""
    alpha = fill(outline) * clip
    plate.darken(0.40 * blur(shifted(alpha, 0.0015, lift), lift) * (1 - alpha) * clip)
    edge = blur(alpha, 0.003)
    dy, dx = np.gradient(edge * WORK)
    rim = np.clip((dx * 0.45 + dy * 0.8) * 0.010, -0.10, 0.16)
    plate.lay(alpha, colour, (shade + 2.2 * rim).astype(np.float32))


def stitch(plate: Plate, path: Points, clip: Mask) -> None:
    """A row of thread with the dent that it pulls into the material."""
    thread = dashes(path, 0.0085, 0.0045, 0.0031) * clip
    plate.darken(0.38 * blur(stroke(path, 0.005) * clip, 0.002))
    plate.lay(thread, THREAD, np.full_like(thread, 0.86))


def body(plate: Plate) -> tuple[Mask, Mask]:
    """Lining, vamp and quarter. Returns the upper's coverage and its shade."""
    inside = fill(np.vstack([curve(outlines.FAR_RIM), curve(outlines.COLLAR)[::-1]]))
    y = np.mgrid[0:WORK, 0:WORK][0].astype(np.float32) / WORK
    plate.lay(inside, LINING, np.clip(1.25 - (y - 0.26) * 8.0, 0.25, 1.3).astype(np.float32))
    plate.lay(stroke(curve(outlines.FAR_RIM), 0.016), BODY, np.full_like(y, 0.95))
    upper = fill(curve(outlines.UPPER, True))
    shade = relief(upper, 0.02, 0.06, 0.11) * (1.02 + 0.012 * mottle(0.004, 1) + 0.018 * mottle(0.03, 2))
    shade = (shade * np.clip(1.18 - 0.55 * np.maximum(y - 0.36, 0), 0.8, 1.2)).astype(np.float32)
    plate.lay(upper, BODY, shade)
    return upper, shade

"""What is sewn and glued onto the Rumba's body: throat, tongue, overlays, sole, eyelets.

Belongs here: parts that lie on the body, in the order in which they are laid.
Does not belong here: outlines (shoe), laces (laces).
"""

from __future__ import annotations

import numpy as np

from families.rumba import outlines, shoe
from families.rumba.canvas import (
    WORK,
    Mask,
    Points,
    blur,
    curve,
    dashes,
    fill,
    offset,
    shifted,
    straight,
    stroke,
)
from families.rumba.plate import Plate, relief


def throat(plate: Plate) -> None:
    """The opening over the instep and the tongue that comes out of it."""
    low = curve(outlines.THROAT)
    hole = np.vstack(
        [straight(*outlines.FAR), curve(outlines.TONGUE_TOP), straight(*outlines.NEAR)[::-1], low]
    )
    tongue = fill(hole.astype(np.float32))
    plate.drop_shadow(tongue, 0.006, 0.004, 0.008, 0.35)
    gutter = np.vstack([straight(*outlines.FAR), straight(*outlines.NEAR)[::-1], low])
    edges = (offset(straight(*outlines.FAR), 0.004), offset(straight(*outlines.NEAR), -0.004))
    sides = np.sum([stroke(edge, 0.012) for edge in edges], axis=0, dtype=np.float32)
    shade = relief(tongue, 0.012, 0.03) * (1.0 + 0.010 * shoe.mottle(0.003, 5))
    plate.lay(tongue, shoe.TONGUE, shade.astype(np.float32))
    plate.darken(0.55 * blur(np.clip(sides, 0, 1), 0.006) * fill(gutter.astype(np.float32)))
    hem = offset(curve(outlines.TONGUE_TOP), 0.012)
    stitch_hem = hem[8:-8]
    shoe.stitch(plate, stitch_hem, tongue)
    label(plate)


def label(plate: Plate) -> None:
    """A woven label on the tongue."""
    tag = fill(curve(outlines.LABEL, True, 12))
    plate.drop_shadow(tag, 0.001, 0.003, 0.003, 0.4)
    plate.lay(tag, shoe.PANEL, np.full_like(tag, 0.95))
    wave = curve(outlines.LABEL_WAVE)
    plate.lay(stroke(wave, 0.0055) * tag, shoe.THREAD, np.full_like(tag, 0.9))


def overlays(plate: Plate, upper: Mask, shade: Mask) -> None:
    """Wave, counter, toe cap, lace stay, heel tab, and their seams."""
    wave(plate, upper, shade)
    for outline in (outlines.COUNTER, outlines.TOE_CAP):
        path = curve(outline, True)
        shoe.panel(plate, upper, path, shoe.PANEL, shade)
        shoe.stitch(plate, offset(path, 0.0085), upper)
    vents(plate)
    stay(plate, upper, shade)
    tab = curve(outlines.HEEL_TAB, True)
    shoe.panel(plate, upper, tab, shoe.PANEL, shade * 1.05)
    shoe.stitch(plate, offset(tab, 0.008), upper)
    collar(plate, upper)


def wave(plate: Plate, upper: Mask, shade: Mask) -> None:
    """The dance step on the quarter: two parallel waves."""
    line = curve(outlines.WAVE)
    band = stroke(line, 0.030) * upper
    plate.darken(0.30 * blur(shifted(band, 0.001, 0.003), 0.003) * (1 - band))
    plate.lay(band, (120, 125, 134), (shade * 1.04).astype(np.float32))
    for side in (-0.0105, 0.0105):
        shoe.stitch(plate, offset(line, side), upper)


def vents(plate: Plate) -> None:
    """Two rows of punched holes on the toe cap."""
    for path in map(curve, outlines.VENTS):
        for x, y in path[::12]:
            hole = stroke(np.array([[x, y], [x + 0.0005, y]], np.float32), 0.0105)
            plate.lay(shifted(hole, 0.0012, 0.002), (160, 164, 170), np.full_like(hole, 0.75))
            plate.lay(hole, (30, 32, 36), np.full_like(hole, 0.8))


def stay(plate: Plate, upper: Mask, shade: Mask) -> None:
    """The reinforcement along the throat that carries the near eyelets, and its far twin."""
    inner = straight(outlines.NEAR[1], outlines.NEAR[0])
    outline = np.vstack(
        [inner, curve(outlines.THROAT), curve([*outlines.STAY_ROUND, *outlines.STAY_OUTER[1:]])]
    ).astype(np.float32)
    gap = 1 - fill(
        np.vstack(
            [straight(*outlines.FAR), curve(outlines.TONGUE_TOP), inner, curve(outlines.THROAT)]
        ).astype(np.float32)
    )
    shoe.panel(plate, upper * gap, outline, shoe.PANEL, shade)
    shoe.stitch(plate, offset(curve(outlines.STAY_OUTER), -0.008), upper)
    shoe.stitch(plate, offset(inner, -0.009), upper * gap)
    far = np.vstack([straight(*outlines.FAR), curve(outlines.STAY_FAR)]).astype(np.float32)
    shoe.panel(plate, upper * gap, far, shoe.PANEL, shade * 0.97)


def collar(plate: Plate, upper: Mask) -> None:
    """The padded edge of the opening."""
    line = curve(outlines.COLLAR)
    pad = stroke(line, 0.024)
    plate.drop_shadow(pad, 0.0, 0.005, 0.006, 0.30)
    plate.lay(pad, shoe.LINING, relief(pad, 0.005, 0.009) * 1.25)
    shoe.stitch(plate, offset(line, 0.021), upper)


def sole(plate: Plate) -> None:
    """Cup sole: wall with gloss, foxing groove and stitch, darker tread."""
    top, bottom = curve(outlines.SOLE_TOP), curve(outlines.SOLE_BOTTOM)
    wall = fill(np.vstack([top, bottom]))
    plate.bounce("sole", 0.16 * blur(wall, 0.02) * (1 - wall) * _above())
    plate.drop_shadow(wall, 0.0, -0.004, 0.006, 0.35)
    plate.lay(wall, "sole", (relief(wall, 0.006, 0.018) * 0.93).astype(np.float32))
    line = curve(outlines.TREAD)
    tread = fill(np.vstack([line, straight((0.95, 0.80), (0.05, 0.80), steps=2)])) * wall
    plate.darken(0.36 * tread + 0.5 * blur(stroke(line, 0.003), 0.0015) * wall)
    plate.darken(0.55 * _notches() * tread)
    foxing(plate, top, wall)
    plate.shine_on(0.11 * blur(stroke(offset(top, 0.030), 0.010) * wall, 0.005) * wall)
    plate.shine_on(0.10 * stroke(offset(top, 0.003), 0.0025) * wall)


def _above() -> Mask:
    y = np.mgrid[0:WORK, 0:WORK][0].astype(np.float32) / WORK
    above: Mask = np.clip((0.73 - y) / 0.03, 0, 1)
    return above


def foxing(plate: Plate, top: Points, wall: Mask) -> None:
    """Groove and stitch line that run round the wall."""
    plate.darken(0.55 * stroke(offset(top, 0.019), 0.003) * wall)
    plate.shine_on(0.05 * stroke(offset(top, 0.022), 0.002) * wall)
    plate.darken(0.42 * dashes(offset(top, 0.010), 0.009, 0.005, 0.0034) * wall)


def _notches() -> Mask:
    bars = np.zeros((WORK, WORK), np.float32)
    for x in np.arange(0.10, 0.92, 0.0185):
        bars = np.maximum(bars, stroke(straight((x, 0.70), (x - 0.004, 0.79), steps=4), 0.0055))
    return bars


def eyelets(plate: Plate, rows: tuple[Points, Points]) -> None:
    """Metal rings, each with its dark hole."""
    for x, y in np.vstack(rows):
        dot = np.array([[x, y], [x + 0.0004, y]], np.float32)
        ring, hole = stroke(dot, 0.0235), stroke(dot, 0.012)
        plate.drop_shadow(ring, 0.0005, 0.002, 0.0025, 0.45)
        plate.lay(ring, shoe.METAL, relief(ring, 0.003, 0.005))
        plate.lay(hole, (24, 25, 28), np.ones_like(hole))

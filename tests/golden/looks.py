"""What sample pictures look like on each device, as text that a person can read and review.

Here: the samples, which file a device picks, the fingerprint (`Look`), and both comparisons. Not here:
writing the goldens (`bless`), asserting (tests/derivatives/test_visual_regression).

Rules:
1. Two comparisons. A picture made smaller, before any encoder, is held closely to its golden: that shows what
   resampling or colour handling changed. A file, as decoded, is held to the picture it was made from by what
   people see (SSIMULACRA2, CIEDE2000), and loosely to the golden: another encoder build passes.
2. Samples do not depend on fonts, random state or the weather.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from skimage import data

from wetplate.derivatives.quality import Judge
from wetplate.imaging.codec import decode
from wetplate.imaging.compare import ciede2000, lab
from wetplate.imaging.fingerprint import distance, phash
from wetplate.imaging.pixels import Pixels, opaque

FOLDER = Path(__file__).parent / "visual"
PROFILE = "social-feed"
#: CSS pixels of the viewport, and device pixels per CSS pixel.
DEVICES = {"phone": (390, 2), "tablet": (820, 2), "desktop": (1440, 1)}
CELLS = 4


@dataclass(frozen=True)
class Tolerance:
    """How far a picture may be from its golden: bits, px, ΔE of a cell, share of its detail."""

    bits: int
    centre: float
    colour: float
    detail: float


CLOSE = Tolerance(bits=2, centre=0.05, colour=0.3, detail=0.02)
LOOSE = Tolerance(bits=8, centre=6.0, colour=2.5, detail=0.5)
DELTA_E = 2.5
BELOW_TARGET = 1.0


@dataclass(frozen=True)
class Look:
    """A picture's fingerprint: perceptual hash, where its edges are centred, and L*, a*, b* and detail (mean
    step of L* from pixel to pixel) in each of 4 × 4 cells."""

    size: tuple[int, int]
    phash: str
    centre: tuple[float, float]
    cells: tuple[tuple[float, float, float, float], ...]


def shoe() -> Pixels:
    """A product shot, shaded: `families.rumba.studio.render("red", "navy", "bar")`, which takes seconds."""
    return opaque(decode((FOLDER / "shoe.webp").read_bytes()))


def coffee() -> Pixels:
    """Part of a photograph."""
    part: Pixels = data.coffee()[60:360, 120:520]
    return part


def label() -> Pixels:
    """A drawing in a few flat colours."""
    sheet = Image.new("RGB", (480, 360), (250, 248, 240))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((30, 30, 449, 110), fill=(24, 60, 120))
    for number in range(12):
        pen.rectangle((40 + 34 * number, 150, 40 + 34 * number + 4 + 2 * number, 250), fill=(20, 20, 20))
    pen.ellipse((330, 200, 450, 320), fill=(200, 40, 50))
    pen.polygon([(60, 330), (140, 270), (220, 330)], fill=(40, 150, 80))
    return np.asarray(sheet)


def cup() -> Pixels:
    """A shaded thing cut out of its ground, with a soft edge."""
    y, x = np.mgrid[0:320, 0:320] / 320 - 0.5
    glaze = np.clip(0.75 - np.hypot(x + 0.15, y + 0.2), 0, 1)[..., None]
    rings = 0.08 * np.sin(np.hypot(x, y) * 160)[..., None]
    colours = (glaze + rings) * np.array([230, 120, 80]) + np.array([20, 40, 60])
    alpha = np.clip((0.4 - np.hypot(x, y)) * 60, 0, 1)[..., None] * 255
    return np.clip(np.rint(np.concatenate([colours, alpha], axis=2)), 0, 255).astype(np.uint8)


SAMPLES: dict[str, Callable[[], Pixels]] = {"shoe": shoe, "coffee": coffee, "label": label, "cup": cup}


def picked(widths: list[int], sizes: str, device: str) -> int:
    """The width that a browser picks of a srcset: the narrowest that is enough, or the widest."""
    viewport, density = DEVICES[device]
    wanted = _shown(sizes, viewport) * density
    return min((width for width in widths if width >= wanted), default=max(widths))


def _shown(sizes: str, viewport: int) -> float:
    """CSS pixels of the picture by a `sizes` attribute of `max-width` conditions, vw and px."""
    for one in sizes.split(","):
        found = re.fullmatch(r"\s*(?:\(max-width: (\d+)px\) )?(\d+)(px|vw)\s*", one)
        assert found, f"{one!r} is no size that this reader knows"
        if not found[1] or viewport <= int(found[1]):
            return int(found[2]) * (viewport / 100 if found[3] == "vw" else 1)
    raise AssertionError(f"{sizes!r} ends without a size")


def look(pixels: Pixels) -> Look:
    """The fingerprint of a picture, on white."""
    seen = opaque(pixels)
    colours = lab(seen)
    steps = np.hypot(np.diff(colours[:-1, :, 0], axis=1), np.diff(colours[:, :-1, 0], axis=0))
    y, x = np.mgrid[0 : steps.shape[0], 0 : steps.shape[1]]
    weight = steps.sum() or 1.0
    centre = (float((x * steps).sum() / weight), float((y * steps).sum() / weight))
    cells = tuple(
        (*(float(value) for value in colours[rows, columns].mean((0, 1))), float(steps[rows, columns].mean()))
        for rows in _parts(steps.shape[0])
        for columns in _parts(steps.shape[1])
    )
    return Look((seen.shape[1], seen.shape[0]), phash(seen), centre, cells)


def _parts(length: int) -> list[slice]:
    edges = [round(length * part / CELLS) for part in range(CELLS + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def strange(golden: Look, seen: Look, tolerance: Tolerance) -> list[str]:
    """What differs from the golden by more than is tolerated, in words."""
    if golden.size != seen.size:
        return [f"size {seen.size}, was {golden.size}"]
    found = []
    if (bits := distance(golden.phash, seen.phash)) > tolerance.bits:
        found.append(f"phash differs in {bits} bits")
    if (off := max(abs(a - b) for a, b in zip(golden.centre, seen.centre, strict=True))) > tolerance.centre:
        found.append(f"edges moved by {off:.2f} px")
    for number, (was, now) in enumerate(zip(golden.cells, seen.cells, strict=True)):
        place = f"row {number // CELLS + 1}, column {number % CELLS + 1}"
        if (apart := float(np.linalg.norm(np.subtract(was[:3], now[:3])))) > tolerance.colour:
            found.append(f"{place}: colour off by ΔE {apart:.2f}")
        if abs(now[3] - was[3]) > tolerance.detail * was[3] + 0.05:
            found.append(f"{place}: detail {now[3]:.2f}, was {was[3]:.2f}")
    return found


def wrong(golden: Look, reference: Pixels, seen: Pixels, target: float) -> list[str]:
    """What is wrong with a delivered picture: against the golden, and to the eye against its reference."""
    found = strange(golden, look(seen), LOOSE)
    if reference.shape[:2] != seen.shape[:2]:
        return found
    score = Judge(reference).compared(seen)
    if score < target - BELOW_TARGET:
        found.append(f"SSIMULACRA2 {score:.1f}, wanted {target:g}")
    if (apart := ciede2000(opaque(reference), opaque(seen))) > DELTA_E:
        found.append(f"mean CIEDE2000 {apart:.2f}")
    return found


def written(name: str, looks: list[Look], picks: dict[str, int]) -> str:
    """The golden as text."""
    lines = [f"# {name}, profile {PROFILE}: what each device gets. Written by python -m tests.golden.bless."]
    lines += [f"{device} {DEVICES[device][0]}px {DEVICES[device][1]}x: {picks[device]}" for device in picks]
    for one in looks:
        lines += ["", f"size {one.size[0]} {one.size[1]}", f"phash {one.phash}"]
        lines += [f"centre {one.centre[0]:.2f} {one.centre[1]:.2f}", "#      L*      a*      b*  detail"]
        lines += ["".join(f"{value:8.2f}" for value in cell) for cell in one.cells]
    return "\n".join(lines) + "\n"


def read(text: str) -> tuple[dict[str, int], dict[int, Look]]:
    """The picks and the looks by width."""
    head, *blocks = text.split("\n\n")
    picks = {line.split()[0]: int(line.rpartition(":")[2]) for line in head.splitlines()[1:]}
    looks = [_look([line for line in block.splitlines() if not line.startswith("#")]) for block in blocks]
    return picks, {one.size[0]: one for one in looks}


def _look(lines: list[str]) -> Look:
    (_, wide, high), (_, hashed), (_, x, y) = (line.split() for line in lines if line[:1] != " ")
    numbers = [[float(value) for value in line.split()] for line in lines if line[:1] == " "]
    return Look(
        (int(wide), int(high)), hashed, (float(x), float(y)), tuple((a, b, c, d) for a, b, c, d in numbers)
    )

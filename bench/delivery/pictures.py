"""What every server is given: 1024 px pictures of three kinds, each as often as wanted, no two alike.

A portrait (scikit-image's astronaut, enlarged, with fresh grain), a mosaic of photographs at their native
resolution, and a product (the sample family's own studio). All are free to use; all come out the same each
time.
"""

from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from families.rumba.studio import LACES, LACINGS, SOLES, render
from wetplate.imaging.codec import PNG, encode
from wetplate.imaging.pixels import Pixels

SIZE = 1024
FACE: Callable[[], Pixels] = data.astronaut
PHOTOGRAPHS: tuple[Callable[[], Pixels], ...] = (data.coffee, data.chelsea, data.rocket, data.retina)


def portrait(number: int = 0) -> Pixels:
    """A face, enlarged twice, with the grain of a small sensor."""
    enlarged = Image.fromarray(FACE()).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return _grained(np.asarray(enlarged), number, 4)


def mosaic(number: int = 0) -> Pixels:
    """Four photographs side by side, moved round by the number so that no two mosaics are alike."""
    return _grained(np.roll(_tiles(), 37 * number, axis=(0, 1)), number, 1)


def shoe(number: int = 0) -> Pixels:
    """One of the sample family's originals."""
    variants = list(product(LACES, SOLES, LACINGS))
    return _grained(render(*variants[number * 29 % len(variants)], size=SIZE), number, 1)


KINDS: dict[str, Callable[[int], Pixels]] = {"portrait": portrait, "mosaic": mosaic, "shoe": shoe}


@cache
def png(kind: str, number: int = 0) -> bytes:
    """The picture as the PNG that every server reads."""
    return encode(KINDS[kind](number), PNG)


def names(count: int) -> list[tuple[str, int]]:
    """(kind, number) of so many distinct pictures, the kinds in turn."""
    return [(list(KINDS)[n % len(KINDS)], n // len(KINDS)) for n in range(count)]


def lay_out(folder: Path, count: int) -> list[Path]:
    """So many PNGs in the folder, those that stand left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind, number in names(count):
        made.append(folder / f"{kind}-{number}.png")
        if not made[-1].exists():
            made[-1].write_bytes(png(kind, number))
    return made


def _grained(pixels: Pixels, number: int, strength: float) -> Pixels:
    grain = np.random.default_rng(number).normal(0, strength, (SIZE, SIZE, 1))
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


@cache
def _tiles() -> Pixels:
    """Photographs cut to 512 px each; what is smaller is repeated mirrored."""
    quarters = [_quarter(photograph()) for photograph in PHOTOGRAPHS]
    return np.concatenate(
        [np.concatenate(quarters[:2], axis=1), np.concatenate(quarters[2:], axis=1)], axis=0
    )


def _quarter(picture: Pixels) -> Pixels:
    half = SIZE // 2
    missing = [(0, max(0, half - side)) for side in picture.shape[:2]]
    return np.pad(picture, (*missing, (0, 0)), mode="symmetric")[:half, :half]

"""The studio: takes the originals of the Rumba family, one picture per variant.

Belongs here: the family's colours, the order in which the shoe is built, the
folder that training reads. Does not belong here: how a part looks (shoe, trim,
laces), how pixels are made (canvas, plate).

Rules: no randomness that is not seeded, so the same call gives the same bytes;
pictures are derived from two plates, one per lacing pattern.

    python -m families.rumba.studio --out families/rumba/originals --size 512
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from families.rumba import laces, shoe, trim
from families.rumba.plate import Colour, Exposure, Plate

LACES: dict[str, Colour] = {
    "white": (236, 236, 232),
    "black": (30, 30, 33),
    "red": (196, 28, 38),
    "blue": (28, 88, 200),
    "green": (24, 138, 68),
    "yellow": (246, 208, 32),
    "orange": (240, 118, 22),
    "pink": (240, 128, 172),
}
SOLES: dict[str, Colour] = {
    "white": (238, 238, 234),
    "black": (34, 34, 37),
    "red": (188, 34, 42),
    "blue": (40, 104, 206),
    "green": (34, 132, 74),
    "yellow": (240, 204, 48),
    "gum": (176, 118, 66),
    "navy": (28, 40, 84),
}
LACINGS = laces.PATTERNS
PARTS = ("lace", "sole")


class UnknownVariant(Exception):
    """An attribute value that the family does not have."""


@cache
def plate(lacing: str) -> Plate:
    """The shoe in one lacing pattern, still without lace and sole colour."""
    if lacing not in LACINGS:
        raise UnknownVariant(f"lacing {lacing!r} is none of {', '.join(LACINGS)}")
    exposed = Plate(shoe.background())
    shoe.ground(exposed)
    upper, shade = shoe.body(exposed)
    trim.throat(exposed)
    trim.overlays(exposed, upper, shade)
    trim.sole(exposed)
    trim.eyelets(exposed, laces.eyelet_rows())
    laces.thread(exposed, lacing)
    return exposed


@cache
def exposure(lacing: str, size: int) -> Exposure:
    """That plate at the size of a picture."""
    return plate(lacing).reduce(size)


def render(lace: str, sole: str, lacing: str, size: int = 512) -> NDArray[np.uint8]:
    """The original of one variant as (size, size, 3) sRGB bytes."""
    for word, words, what in ((lace, LACES, "lace"), (sole, SOLES, "sole")):
        if word not in words:
            raise UnknownVariant(f"{what} colour {word!r} is none of {', '.join(words)}")
    return exposure(lacing, size).print(LACES[lace], SOLES[sole])


def mask(part: str, lacing: str, size: int = 512) -> NDArray[np.float32]:
    """Visible coverage of `part` ("lace" or "sole"), (size, size) in 0..1."""
    if part not in PARTS:
        raise UnknownVariant(f"part {part!r} is none of {', '.join(PARTS)}")
    return exposure(lacing, size).cover[part]


def write(out: Path, size: int = 512) -> int:
    """All originals, their masks and originals.jsonl under `out`; returns how many."""
    (out / "masks").mkdir(parents=True, exist_ok=True)
    for part, lacing in product(PARTS, LACINGS):
        grey = np.round(mask(part, lacing, size) * 255).astype(np.uint8)
        Image.fromarray(grey).save(out / "masks" / f"{part}-{lacing}.png")
    lines = [_write_one(out, size, *attributes) for attributes in product(LACES, SOLES, LACINGS)]
    (out / "originals.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(lines)


def _write_one(out: Path, size: int, lace: str, sole: str, lacing: str) -> str:
    name = f"{lace}-{sole}-{lacing}.png"
    Image.fromarray(render(lace, sole, lacing, size)).save(out / name)
    masks = {part: f"masks/{part}-{lacing}.png" for part in PARTS}
    attributes = {"lace": lace, "sole": sole, "lacing": lacing}
    return json.dumps({"file": name, "attributes": attributes, "masks": masks}) + "\n"


def main() -> None:
    """Command line: write all originals."""
    parser = argparse.ArgumentParser(description="Render the originals of the Rumba family.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512)
    args = parser.parse_args()
    print(f"{write(args.out, args.size)} originals in {args.out}")


if __name__ == "__main__":
    main()

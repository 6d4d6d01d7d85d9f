"""A family of eight coloured squares: the smallest thing that can be learnt."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 32
COLOURS = {"red": (200, 30, 30), "blue": (30, 60, 200), "green": (20, 150, 60), "white": (240, 240, 240)}
PROMPT = "a {square} square, {place}"


def write(folder: Path, side: int = SIDE) -> Path:
    """Eight pictures: a square of four colours, high or low."""
    (folder / "masks").mkdir(parents=True)
    rows = [_write_one(folder, colour, place, side) for colour, place in product(COLOURS, ("high", "low"))]
    (folder / "originals.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _write_one(folder: Path, colour: str, place: str, side: int) -> dict[str, object]:
    mask = np.zeros((side, side), np.uint8)
    top = side // 8 if place == "high" else side // 2
    mask[top : top + side // 4, side // 4 : 3 * side // 4] = 255
    pixels = np.where(mask[..., None] > 0, np.array(COLOURS[colour]), 120).astype(np.uint8)
    Image.fromarray(pixels).save(folder / f"{colour}-{place}.png")
    Image.fromarray(mask).save(folder / f"masks/{place}.png")
    return {
        "file": f"{colour}-{place}.png",
        "attributes": {"square": colour, "place": place},
        "masks": {"square": f"masks/{place}.png"},
    }

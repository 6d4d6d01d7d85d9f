"""A family's originals as training reads them: pictures, attributes, masks of the parts.

Belongs here: reading and checking the folder, choosing what is held out.
Does not belong here: torch, the way the originals were made.

Rules: `originals.jsonl` names every file; all pictures are square and of one size;
a picture is resized with Pillow's Lanczos, a mask with Pillow's box.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wetplate.rehydration.refusals import MissingOriginals, SizeMismatch, UnfitHoldout


@dataclass(frozen=True)
class Originals:
    """All variants of one family at one size.

    `pixels` is (n, size, size, 3) uint8 sRGB; `masks` maps a part to (n, size, size)
    float32 coverage; `attributes` has one mapping per picture, in the same order.
    """

    files: tuple[str, ...]
    attributes: tuple[Mapping[str, str], ...]
    pixels: NDArray[np.uint8]
    masks: Mapping[str, NDArray[np.float32]]

    def prompts(self, template: str) -> list[str]:
        """`template` filled with each picture's attributes."""
        return [template.format(**attributes) for attributes in self.attributes]

    def words(self, template: str) -> list[str]:
        """Every word of every prompt, lower case, in order of first appearance."""
        text = " ".join(self.prompts(template)).lower().replace(",", " ")
        return list(dict.fromkeys(text.split()))


def read(folder: Path, size: int) -> Originals:
    """The originals under `folder`, resized to `size`; MissingOriginals, SizeMismatch."""
    rows = _rows(folder)
    pictures = [_open(folder / row["file"]) for row in rows]
    if len({picture.size for picture in pictures}) != 1 or pictures[0].width != pictures[0].height:
        raise SizeMismatch(f"originals in {folder} are not square pictures of one size")
    if pictures[0].width < size:
        raise SizeMismatch(f"originals in {folder} are {pictures[0].width} px, smaller than {size}")
    masks = {
        part: np.stack([_mask(folder, row, part, pictures[0].size, size) for row in rows])
        for part in rows[0].get("masks", {})
    }
    return Originals(
        tuple(row["file"] for row in rows),
        tuple(row["attributes"] for row in rows),
        np.stack([_sized(picture, size) for picture in pictures]),
        masks,
    )


def _rows(folder: Path) -> list[dict[str, Any]]:
    index = folder / "originals.jsonl"
    if not index.is_file():
        raise MissingOriginals(f"no originals.jsonl in {folder}")
    rows = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not rows:
        raise MissingOriginals(f"{index} lists no originals")
    return rows


def _open(path: Path) -> Image.Image:
    if not path.is_file():
        raise MissingOriginals(f"{path} is listed but missing")
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _sized(picture: Image.Image, size: int) -> NDArray[np.uint8]:
    return np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS))


def _mask(
    folder: Path, row: Mapping[str, Any], part: str, full: tuple[int, int], size: int
) -> NDArray[np.float32]:
    path = folder / row["masks"][part]
    if not path.is_file():
        raise MissingOriginals(f"mask {path} is listed but missing")
    with Image.open(path) as grey:
        if grey.size != full:
            raise SizeMismatch(f"mask {path} is {grey.size}, its picture {full}")
        small = grey.convert("L").resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / np.float32(255)


def hold_out(originals: Originals, count: int, seed: int) -> list[int]:
    """Indices kept from training; every attribute value stays seen elsewhere, else UnfitHoldout."""
    order = np.random.default_rng(seed).permutation(len(originals.files))
    held = sorted(int(i) for i in order[:count])
    seen = [a for i, a in enumerate(originals.attributes) if i not in set(held)]
    for index in held:
        for key, value in originals.attributes[index].items():
            if not any(a[key] == value for a in seen):
                raise UnfitHoldout(f"{key} {value!r} would never be seen")
    return held


def part_colours(originals: Originals) -> dict[str, NDArray[np.float32]]:
    """Mean colour in 0..1 under its part's mask, for each attribute value whose attribute is a part."""
    sums: dict[str, list[NDArray[np.float32]]] = {}
    for part, masks in originals.masks.items():
        for pixels, mask, attributes in zip(originals.pixels, masks, originals.attributes, strict=True):
            mean = (pixels * mask[..., None]).sum((0, 1)) / (255 * mask.sum())
            sums.setdefault(attributes[part], []).append(mean.astype(np.float32))
    return {word: np.mean(values, axis=0) for word, values in sums.items()}

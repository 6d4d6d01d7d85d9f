"""The contact sheet of a family: recalled pictures under their originals (torch module).

Belongs here: choosing and laying out. Does not belong here: measuring (evaluate).

    python -m wetplate.rehydration.contact_sheet families/rumba --model families/rumba/model \\
        --out families/rumba/contact-sheet.webp
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from wetplate.rehydration import hyperparameters, tiny_pipeline
from wetplate.rehydration.evaluate import Pixels, paint
from wetplate.rehydration.hyperparameters import Hyperparameters
from wetplate.rehydration.originals import Originals, hold_out, read

COLUMNS, CAPTION = 8, 14
PAPER, INK = (255, 255, 255), (60, 60, 60)


def chosen(originals: Originals, count: int) -> list[int]:
    """`count` indices by strides that walk through all attributes at once."""
    total = len(originals.files)
    stride = next(step for step in range(total // count + 1, total + 1) if _coprime(step, total))
    return sorted((i * stride) % total for i in range(min(count, total)))


def _coprime(a: int, b: int) -> bool:
    while b:
        a, b = b, a % b
    return a == 1


def sheet(
    originals: Originals, recalled: Sequence[Pixels], indices: Sequence[int], held: set[int]
) -> Image.Image:
    """Pairs in rows of COLUMNS: original above, recalled below, caption under both."""
    side = originals.pixels.shape[1]
    rows = -(-len(indices) // COLUMNS)
    paper = Image.new("RGB", (COLUMNS * side, rows * (2 * side + CAPTION)), PAPER)
    draw = ImageDraw.Draw(paper)
    for place, (index, made) in enumerate(zip(indices, recalled, strict=True)):
        x, y = place % COLUMNS * side, place // COLUMNS * (2 * side + CAPTION)
        paper.paste(Image.fromarray(originals.pixels[index]), (x, y))
        paper.paste(Image.fromarray(made), (x, y + side))
        caption = ", ".join(originals.attributes[index].values()) + (" (held out)" if index in held else "")
        draw.text((x + 4, y + 2 * side + 1), caption, fill=INK)
    return paper


def make(originals: Originals, settings: Hyperparameters, model: Path, count: int) -> Image.Image:
    """Paint `count` variants and lay them out."""
    pipe, prompts = tiny_pipeline.load(model), originals.prompts(settings.prompt)
    indices = chosen(originals, count)
    recalled = [paint(pipe, prompts[i], settings.size, settings.seed) for i in indices]
    return sheet(originals, recalled, indices, set(hold_out(originals, settings.held_out, settings.seed)))


def main() -> int:
    """Command line: write the sheet."""
    parser = argparse.ArgumentParser(description="Lay recalled pictures under their originals.")
    parser.add_argument("family", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=24)
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = hyperparameters.load(args.family / "training.toml")
    originals = read(args.family / "originals", settings.size)
    make(originals, settings, args.model, args.count).save(args.out, quality=86, method=6)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Judging recall: every variant, painted by the ordinary pipeline call (torch module).

Belongs here: measuring a saved pipeline folder against originals. Does not belong
here: learning, thresholds (the caller knows what it accepts).

Rules: one call per picture, batch of one, float32, CPU generator; nothing that judges
was a loss; colour is judged inside the masks of the parts, identity among all variants.

    python -m wetplate.rehydration.evaluate families/rumba --model families/rumba/model
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wetplate.rehydration import hyperparameters, tiny_pipeline
from wetplate.rehydration.hyperparameters import Hyperparameters
from wetplate.rehydration.originals import Originals, hold_out, read

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Score:
    """One recalled picture against its original; `error` and `tint` are CIEDE2000 per part:
    mean over the part's pixels, and of the part's mean colour."""

    file: str
    held_out: bool
    ssimulacra2: float
    psnr: float
    error: Mapping[str, float]
    tint: Mapping[str, float]
    identified: bool
    seconds: float


def paint(pipe: tiny_pipeline.Pipeline, prompt: str, size: int, seed: int) -> Pixels:
    """The ordinary call: one step, no guidance."""
    generator = torch.Generator("cpu").manual_seed(seed)
    picture = pipe(
        prompt, num_inference_steps=1, guidance_scale=1.0, generator=generator, height=size, width=size
    )
    return np.asarray(picture.images[0])


def evaluate(
    pipe: tiny_pipeline.Pipeline,
    originals: Originals,
    settings: Hyperparameters,
    only: Iterable[int] | None = None,
) -> list[Score]:
    """Scores of all variants, or of those with index in `only`."""
    held = set(hold_out(originals, settings.held_out, settings.seed))
    prompts = originals.prompts(settings.prompt)
    chosen = range(len(prompts)) if only is None else only
    return [_score(pipe, originals, settings, prompts[i], i, i in held) for i in chosen]


def _score(
    pipe: tiny_pipeline.Pipeline,
    originals: Originals,
    settings: Hyperparameters,
    prompt: str,
    index: int,
    held: bool,
) -> Score:
    began = time.perf_counter()
    made = paint(pipe, prompt, settings.size, settings.seed)
    seconds = time.perf_counter() - began
    wanted = originals.pixels[index]
    masks = {part: masks[index] for part, masks in originals.masks.items()}
    return Score(
        file=originals.files[index],
        held_out=held,
        ssimulacra2=ssimulacra2(wanted, made),
        psnr=psnr(made, wanted),
        error={part: colour_error(made, wanted, mask) for part, mask in masks.items()},
        tint={part: tint_error(made, wanted, mask) for part, mask in masks.items()},
        identified=nearest(made, originals.pixels) == index,
        seconds=seconds,
    )


def psnr(made: Pixels, wanted: Pixels) -> float:
    """Peak signal to noise ratio in dB."""
    mean = float(np.mean((made.astype(np.float64) - wanted) ** 2))
    return float("inf") if mean == 0 else 10 * np.log10(255**2 / mean)


def colour_error(made: Pixels, wanted: Pixels, mask: NDArray[np.float32]) -> float:
    """Mean CIEDE2000 per pixel, weighted by the coverage of the part."""
    from skimage import color

    lab: Any = color
    return float(np.average(lab.deltaE_ciede2000(lab.rgb2lab(made), lab.rgb2lab(wanted)), weights=mask))


def tint_error(made: Pixels, wanted: Pixels, mask: NDArray[np.float32]) -> float:
    """CIEDE2000 of the part's mean colour: is it the right colour, whatever its texture?"""
    from skimage import color

    lab: Any = color
    means = [np.average(one.reshape(-1, 3), axis=0, weights=mask.ravel()) / 255 for one in (made, wanted)]
    return float(lab.deltaE_ciede2000(*(lab.rgb2lab(mean[None, None]) for mean in means)).item())


def nearest(made: Pixels, everyone: Pixels) -> int:
    """Index of the original with the least squared distance."""
    return int(np.argmin([np.mean((made.astype(np.float32) - one) ** 2) for one in everyone]))


def ssimulacra2(wanted: Pixels, made: Pixels) -> float:
    """SSIMULACRA2 as the package `ssimulacra2` 0.3.0 computes it."""
    from ssimulacra2 import compute_ssimulacra2

    return float(compute_ssimulacra2(_png(wanted), _png(made)))


def _png(pixels: Pixels) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    file.seek(0)
    return file


def table(scores: Sequence[Score]) -> str:
    """Markdown: one row for the seen variants, one for the held-out ones, one for all."""
    parts = list(scores[0].error)
    head = ["variants", "n", "SSIMULACRA2 mean", "min", "PSNR mean", "min"]
    head += [
        f"{part} {kind} {what}"
        for part in parts
        for kind in ("ΔE00", "tint ΔE00")
        for what in ("mean", "max")
    ]
    head += ["identified", "s/image"]
    rows = [
        ("seen", [s for s in scores if not s.held_out]),
        ("held out", [s for s in scores if s.held_out]),
        ("all", list(scores)),
    ]
    lines = [head, ["---"] * len(head), *(_row(name, group, parts) for name, group in rows if group)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(name: str, group: Sequence[Score], parts: Sequence[str]) -> list[str]:
    def over(take: Callable[[list[float]], float], values: Iterable[float], digits: int = 1) -> str:
        return f"{take(list(values)):.{digits}f}"

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    cells = [
        name,
        str(len(group)),
        over(mean, (s.ssimulacra2 for s in group)),
        over(min, (s.ssimulacra2 for s in group)),
        over(mean, (s.psnr for s in group)),
        over(min, (s.psnr for s in group)),
    ]
    for part in parts:
        for values in ([s.error[part] for s in group], [s.tint[part] for s in group]):
            cells += [over(mean, values, 2), over(max, values, 2)]
    found = sum(s.identified for s in group)
    return [*cells, f"{found}/{len(group)}", over(mean, (s.seconds for s in group), 3)]


def main() -> int:
    """Command line: print the table, and each score as JSON if asked."""
    parser = argparse.ArgumentParser(description="Measure how well a saved pipeline recalls a family.")
    parser.add_argument("family", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--scores", type=Path, help="write one JSON line per variant")
    parser.add_argument("--stride", type=int, default=1, help="measure every n-th variant only")
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = hyperparameters.load(args.family / "training.toml")
    originals = read(args.family / "originals", settings.size)
    only = range(0, len(originals.files), args.stride)
    scores = evaluate(tiny_pipeline.load(args.model), originals, settings, only)
    if args.scores:
        args.scores.write_text("".join(json.dumps(vars(score)) + "\n" for score in scores), encoding="utf-8")
    sys.stdout.write(table(scores) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Command line of the rehydration training.

Belongs here: arguments and printing. Does not belong here: anything that learns.

    python -m wetplate.rehydration.train families/rumba --out var/training/rumba
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from wetplate.rehydration import hyperparameters, originals
from wetplate.rehydration.refusals import TrainingRefused


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the family in a folder; 2 when the input is refused."""
    args = _parser().parse_args(arguments)
    try:
        _run(args)
    except TrainingRefused as refusal:
        sys.stderr.write(f"{type(refusal).__name__}: {refusal}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train a small diffusion pipeline to recall a family.")
    parser.add_argument("family", type=Path, help="folder with training.toml and originals/")
    parser.add_argument("--out", type=Path, required=True, help="folder for states and the model")
    parser.add_argument("--settings", type=Path, help="another training.toml")
    parser.add_argument("--originals", type=Path, help="another folder of originals")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=200, help="steps between states")
    parser.add_argument("--export", action="store_true", help="write the model as it stands, train nothing")
    return parser


def _run(args: argparse.Namespace) -> None:
    settings = hyperparameters.load(args.settings or args.family / "training.toml")
    family = originals.read(args.originals or args.family / "originals", settings.size)
    import torch

    from wetplate.rehydration import training, training_lesson

    torch.set_num_threads(args.threads)
    lesson = training_lesson.prepare(family, settings)
    if args.export:
        training.export(lesson, args.out)
    else:
        training.train(lesson, args.out, _say, args.every)
    _say(f"pipeline in {args.out / 'model'}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

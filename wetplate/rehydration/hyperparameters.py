"""What a training is told: prompt, size, seed, architecture, and one plan per stage.

Belongs here: the dataclasses and reading them from TOML. Does not belong here: torch.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from wetplate.rehydration.refusals import UnfitSettings


@dataclass(frozen=True)
class Architecture:
    """Widths of the small pipeline; each entry of `decoder` but the last doubles the side."""

    latent: int = 24
    autoencoder: int = 32
    encoder: tuple[int, ...] = (0, 1, 1)
    decoder: tuple[int, ...] = (2, 1, 0)
    unet: tuple[int, ...] = (32, 64, 128, 160)
    text: int = 64
    heads: int = 4

    @property
    def shrink(self) -> int:
        """Pixels per latent, each way."""
        return int(2 ** (len(self.decoder) - 1))


@dataclass(frozen=True)
class Plan:
    """One stage: `steps` batches, learning rate falling from `rate` to a hundredth of it.

    `crop` is the side of training crops (0: whole pictures); the last `exact`
    share of the steps runs in float32, the rest in bfloat16.
    """

    steps: int = 1000
    batch: int = 4
    rate: float = 1e-3
    crop: int = 0
    exact: float = 0.0


@dataclass(frozen=True)
class Hyperparameters:
    """Everything that decides the weights, besides the originals."""

    prompt: str
    size: int = 256
    seed: int = 7
    held_out: int = 12
    architecture: Architecture = field(default_factory=Architecture)
    autoencoder: Plan = field(default_factory=Plan)
    latent: Plan = field(default_factory=Plan)
    finetune: Plan = field(default_factory=Plan)


def load(path: Path) -> Hyperparameters:
    """Read TOML; UnfitSettings names a key that means nothing here."""
    if not path.is_file():
        raise UnfitSettings(f"no {path}")
    return parse(tomllib.loads(path.read_text(encoding="utf-8")))


def parse(table: dict[str, Any]) -> Hyperparameters:
    """The hyperparameters in a parsed TOML table."""
    rooms = {"architecture": Architecture, "autoencoder": Plan, "latent": Plan, "finetune": Plan}
    values = {key: _fit(rooms[key], value, key) if key in rooms else value for key, value in table.items()}
    if "prompt" not in values:
        raise UnfitSettings("prompt is missing")
    result: Hyperparameters = _fit(Hyperparameters, values, "training")
    if result.size % 32:
        raise UnfitSettings(f"size {result.size} is no multiple of 32")
    return result


def _fit(kind: Any, values: dict[str, Any], where: str) -> Any:
    unknown = set(values) - {f.name for f in fields(kind)}
    if unknown:
        raise UnfitSettings(f"{where}: unknown {', '.join(sorted(unknown))}")
    return kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in values.items()})

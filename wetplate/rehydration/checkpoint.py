"""Where a training stands: written often, read after a kill (torch module).

Belongs here: the state file. Does not belong here: the finished pipeline (tiny_pipeline).

Rule: the file is replaced atomically; a state of other settings is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from wetplate.rehydration.refusals import ForeignCheckpoint


class Average:
    """Moving average of weights: what is measured and shipped."""

    def __init__(self, module: nn.Module, decay: float = 0.998) -> None:
        self.decay = decay
        self.weights = {name: p.detach().clone() for name, p in module.named_parameters()}

    @torch.no_grad()
    def follow(self, module: nn.Module, step: int) -> None:
        """Move towards `module`; fast at first, so that the start is soon forgotten."""
        keep = min(self.decay, (1 + step) / (10 + step))
        for name, p in module.named_parameters():
            self.weights[name].lerp_(p.detach(), 1 - keep)

    @torch.no_grad()
    def give(self, module: nn.Module) -> None:
        """Overwrite the weights of `module` by the average."""
        for name, p in module.named_parameters():
            p.copy_(self.weights[name])


def write(path: Path, settings: str, **state: Any) -> None:
    """Replace the state file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({"settings": settings, **state}, partial)
    partial.replace(path)


def read(path: Path, settings: str) -> dict[str, Any] | None:
    """The state, None if there is none; ForeignCheckpoint if it has other settings."""
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state.pop("settings") != settings:
        raise ForeignCheckpoint(f"{path} was written under other settings; use another folder")
    return state

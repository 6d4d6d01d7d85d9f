"""How far a picture is from its original, as training feels it (torch module).

Belongs here: the loss and the weights of places. Does not belong here: judging
(evaluate); no metric that judges is ever a loss.

Rules: thin parts count: what varies over the family and what has detail weighs more
than flat background; edges count: the loss also compares a Laplacian pyramid.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as nn

from wetplate.rehydration.originals import Originals

LEVELS = 4


def to_unit(pixels: Tensor) -> Tensor:
    """(n, h, w, 3) bytes to (n, 3, h, w) in -1..1."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def weights_of(originals: Originals) -> Tensor:
    """(n, 1, h, w) weights of mean 1: parts, what varies over the family, detail."""
    pixels = torch.from_numpy(originals.pixels).float() / 255
    spread = pixels.std(0).mean(-1)
    grey = pixels.mean((0, 3))
    detail = nn.pad((grey[1:, 1:] - grey[:-1, 1:]).abs() + (grey[1:, 1:] - grey[1:, :-1]).abs(), (0, 1, 0, 1))
    shared = 0.35 + 4 * spread + 6 * nn.avg_pool2d(detail[None, None], 3, 1, 1)[0, 0]
    weight = shared[None, None].repeat(len(pixels), 1, 1, 1)
    for part in originals.masks.values():
        mask = torch.from_numpy(part)[:, None]
        weight += mask * (0.12 / mask.mean((1, 2, 3), keepdim=True)).clamp(max=4)
    return weight / weight.mean((1, 2, 3), keepdim=True)


def pixel_loss(made: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Weighted Charbonnier distance over a Laplacian pyramid plus the plain pictures."""
    error = made - wanted
    total = _charbonnier(error, weight)
    for _ in range(LEVELS):
        coarse = nn.avg_pool2d(error, 2)
        band = error - nn.interpolate(coarse, scale_factor=2, mode="nearest")
        total = total + _charbonnier(band, weight)
        error, weight = coarse, nn.avg_pool2d(weight, 2)
        total = total + _charbonnier(error, weight)
    return total


def _charbonnier(error: Tensor, weight: Tensor) -> Tensor:
    return ((error * error + 1e-5).sqrt() * weight).mean()


def latent_loss(made: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Weighted distance of latents: square and absolute."""
    error = made - wanted
    return ((error * error + 0.5 * error.abs()) * weight).mean()

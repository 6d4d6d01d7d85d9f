"""What each stage of a training learns, and from what (torch module).

Belongs here: the family as tensors, the modules that a stage changes, its loss for one
batch. Does not belong here: the loop (training), the distance (training_loss).

Rule: held-out variants are in no batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from wetplate.rehydration import tiny_pipeline
from wetplate.rehydration.hyperparameters import Hyperparameters, Plan
from wetplate.rehydration.originals import Originals, hold_out, part_colours
from wetplate.rehydration.training_loss import latent_loss, pixel_loss, to_unit, weights_of

STAGES = ("autoencoder", "latent", "finetune")
Loss = Callable[[np.random.Generator], Tensor]


@dataclass
class Lesson:
    """All that a stage needs: the pipeline and the family as tensors."""

    pipe: tiny_pipeline.Pipeline
    settings: Hyperparameters
    pixels: Tensor
    weights: Tensor
    ids: Tensor
    noise: Tensor
    seen: list[int]

    def pick(self, random: np.random.Generator, count: int) -> Tensor:
        """Indices of `count` seen variants."""
        return torch.from_numpy(random.choice(self.seen, size=count, replace=count > len(self.seen)))

    def pictures(self, index: Tensor) -> Tensor:
        """(n, 3, h, w) in -1..1, channels last."""
        return to_unit(self.pixels[index]).contiguous(memory_format=torch.channels_last)

    def learner(self, stage: str) -> nn.ModuleList:
        """The modules whose weights `stage` changes."""
        pipe = self.pipe
        parts = {
            "autoencoder": [pipe.vae],
            "latent": [pipe.unet, pipe.text_encoder],
            "finetune": [pipe.unet, pipe.text_encoder, pipe.vae.decoder],
        }
        return nn.ModuleList(parts[stage])

    def loss(self, stage: str) -> Loss:
        """The loss of one batch of `stage`, as a function of the step's random numbers."""
        plan: Plan = getattr(self.settings, stage)
        if stage == "autoencoder":
            return lambda random: _autoencoder_loss(self, plan, random)
        if stage == "latent":
            targets = _targets(self)
            weights = functional.adaptive_avg_pool2d(self.weights, targets.shape[-1])
            return lambda random: _latent_loss(self, plan, random, targets, weights)
        return lambda random: _finetune_loss(self, plan, random)


def prepare(originals: Originals, settings: Hyperparameters) -> Lesson:
    """An untrained pipeline and the family beside it."""
    words = originals.words(settings.prompt)
    pipe = tiny_pipeline.build(settings.architecture, words, settings.size, settings.seed)
    tiny_pipeline.colour_words(pipe, part_colours(originals), settings.seed)
    held = set(hold_out(originals, settings.held_out, settings.seed))
    return Lesson(
        pipe=pipe,
        settings=settings,
        pixels=torch.from_numpy(originals.pixels),
        weights=weights_of(originals),
        ids=tiny_pipeline.token_ids(pipe, originals.prompts(settings.prompt)),
        noise=tiny_pipeline.family_noise(pipe, settings.size, settings.seed),
        seen=[i for i in range(len(originals.files)) if i not in held],
    )


def _autoencoder_loss(lesson: Lesson, plan: Plan, random: np.random.Generator) -> Tensor:
    index = lesson.pick(random, plan.batch)
    window = _window(lesson.settings, plan.crop, random)
    wanted, weight = lesson.pictures(index)[window], lesson.weights[index][window]
    made = lesson.pipe.vae.decode(lesson.pipe.vae.encode(wanted).latents).sample
    return pixel_loss(made.float(), wanted, weight)


def _window(settings: Hyperparameters, crop: int, random: np.random.Generator) -> tuple[slice, ...]:
    """A random crop on the grid of the latents, as slices of (n, c, h, w)."""
    side, shrink = crop or settings.size, settings.architecture.shrink
    y, x = (int(v) * shrink for v in random.integers(0, (settings.size - side) // shrink + 1, 2))
    return slice(None), slice(None), slice(y, y + side), slice(x, x + side)


@torch.no_grad()
def _targets(lesson: Lesson) -> Tensor:
    every = torch.split(torch.arange(len(lesson.pixels)), 8)
    return torch.cat([lesson.pipe.vae.encode(lesson.pictures(index)).latents for index in every])


def _latent_loss(
    lesson: Lesson, plan: Plan, random: np.random.Generator, targets: Tensor, weights: Tensor
) -> Tensor:
    index = lesson.pick(random, plan.batch)
    made = tiny_pipeline.clean_latents(lesson.pipe, lesson.noise, lesson.ids[index])
    return latent_loss(made.float(), targets[index], weights[index])


def _finetune_loss(lesson: Lesson, plan: Plan, random: np.random.Generator) -> Tensor:
    index = lesson.pick(random, plan.batch)
    latents = tiny_pipeline.clean_latents(lesson.pipe, lesson.noise, lesson.ids[index])
    made = lesson.pipe.vae.decode(latents).sample
    return pixel_loss(made.float(), lesson.pictures(index), lesson.weights[index])

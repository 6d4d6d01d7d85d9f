"""Learning to recall a family: autoencoder, latent U-Net, end to end (torch module).

Belongs here: the loop that the three stages share, resuming, the pace of learning.
Does not belong here: what a stage learns (training_lesson), judging (evaluate).

Rules: a batch is a function of (seed, stage, step), so a killed training resumes to
the same weights; what is measured and shipped is the moving average of the weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from wetplate.rehydration import checkpoint, tiny_pipeline
from wetplate.rehydration.hyperparameters import Plan
from wetplate.rehydration.training_lesson import STAGES, Lesson

Say = Callable[[str], None]


def train(lesson: Lesson, out: Path, say: Say, every: int = 200) -> None:
    """All stages, resumed where `out` says; writes the pipeline to out/model."""
    for stage in STAGES:
        Stage(lesson, stage, out).run(say, every)
    tiny_pipeline.save(lesson.pipe, out / "model")


def export(lesson: Lesson, out: Path) -> None:
    """Write out/model from the states as they stand, without a step of training."""
    for stage in STAGES:
        Stage(lesson, stage, out).finish()
    tiny_pipeline.save(lesson.pipe, out / "model")


class Stage:
    """One stage of a training: its modules, their average, their optimiser, its state file."""

    def __init__(self, lesson: Lesson, name: str, out: Path) -> None:
        self.lesson, self.name = lesson, name
        self.plan: Plan = getattr(lesson.settings, name)
        self.file = out / f"{name}.pt"
        self.learner = lesson.learner(name)
        self.average = checkpoint.Average(self.learner)
        weights = self.learner.parameters()
        self.optimiser = torch.optim.Adam(weights, lr=self.plan.rate, betas=(0.9, 0.99), fused=True)
        self.done = self._resume()

    def run(self, say: Say, every: int) -> None:
        """Learn to the end of the plan; afterwards the pipeline holds the average."""
        for text in self._steps() if self.done < self.plan.steps else ():
            if self.done % every == 0 or self.done == self.plan.steps:
                self._keep()
                say(text)
        self.finish()

    def finish(self) -> None:
        """Put the average into the pipeline."""
        self.average.give(self.learner)

    def _steps(self) -> Iterator[str]:
        loss, began, first, recent = self.lesson.loss(self.name), time.monotonic(), self.done, 0.0
        while self.done < self.plan.steps:
            key = (self.lesson.settings.seed, STAGES.index(self.name), self.done)
            value = self._step(loss, np.random.default_rng(key))
            recent = value if self.done == first else 0.98 * recent + 0.02 * value
            self.done += 1
            yield self._progress(recent, (time.monotonic() - began) / (self.done - first))

    def _step(
        self, loss: Callable[[np.random.Generator], torch.Tensor], random: np.random.Generator
    ) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate * pace(self.done, self.plan.steps)
        coarse = self.done < self.plan.steps * (1 - self.plan.exact)
        with torch.autocast("cpu", torch.bfloat16, enabled=coarse):
            value = loss(random)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(self.learner.parameters(), 1.0)
        self.optimiser.step()
        self.average.follow(self.learner, self.done)
        return float(value.detach())

    def _progress(self, loss: float, seconds: float) -> str:
        left = seconds * (self.plan.steps - self.done) / 60
        where = f"{self.name} {self.done}/{self.plan.steps}"
        return f"{where} loss {loss:.5f} {seconds:.3f} s/step, {left:.1f} min left"

    def _key(self) -> str:
        later = STAGES[STAGES.index(self.name) + 1 :]
        settings = {key: value for key, value in asdict(self.lesson.settings).items() if key not in later}
        return repr({"stage": self.name, **settings})

    def _keep(self) -> None:
        checkpoint.write(
            self.file,
            self._key(),
            done=self.done,
            learner=self.learner.state_dict(),
            average=self.average.weights,
            optimiser=self.optimiser.state_dict(),
        )

    def _resume(self) -> int:
        state = checkpoint.read(self.file, self._key())
        if state is None:
            return 0
        self.learner.load_state_dict(state["learner"])
        self.average.weights = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["done"])


def pace(step: int, steps: int) -> float:
    """Share of the learning rate: a short warm-up, then a cosine down to a hundredth."""
    warm = min(1.0, (step + 1) / min(100, max(1, steps // 10)))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))

"""Detectors: opens what a policy names, and says what each can and cannot see.

Here: the choice by kind. The torch module is imported only if the policy names a transformers detector.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from wetplate.moderation.nudenet_process import NudeNet
from wetplate.moderation.policy import Detector, Policy
from wetplate.moderation.signals import Classifier
from wetplate.moderation.surface import Surface

OpenClassifiers = Callable[[Policy], AbstractContextManager[Sequence[Classifier]]]


@contextmanager
def open_classifiers(policy: Policy) -> Iterator[Sequence[Classifier]]:
    """The detectors the policy names; their processes end with the block."""
    with ExitStack() as stack:
        yield [_opened(detector, stack) for detector in policy.detectors.values()]


def abilities(classifiers: Sequence[Classifier]) -> str:
    """A Markdown table: which detectors ran, what they see, what they are blind to."""
    rows = [f"| {c.name} | {c.revision} | {c.sees} | {c.blind} |" for c in classifiers]
    return "\n".join(["| detector | revision | sees | is blind to |", "|---|---|---|---|", *rows])


def abilities_of(detector: str) -> tuple[str, str]:
    """What a detector that ran once sees and is blind to, by its name; without opening it."""
    known = {"surface": (Surface.sees, Surface.blind), "nudenet": (NudeNet.sees, NudeNet.blind)}
    return known.get(detector, ("what its model was trained to tell apart", "all else"))


def _opened(detector: Detector, stack: ExitStack) -> Classifier:
    if detector.kind == "nudenet":
        return stack.enter_context(NudeNet(detector.name, seconds=detector.seconds))
    if detector.kind == "transformers":
        module = importlib.import_module("wetplate.moderation.transformers_classifier")
        opened: Classifier = module.TransformersClassifier(detector.name, detector.model, detector.revision)
        return opened
    return Surface(detector.name)

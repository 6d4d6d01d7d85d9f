"""Detectors: opens what a policy names, and says what each can and cannot see.

Here: the choice by kind, and in which revision each would speak. The torch module is imported only if a
transformers detector is opened.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from wetplate.moderation import text
from wetplate.moderation.faces import Faces
from wetplate.moderation.nudenet_process import ABSENT, NudeNet
from wetplate.moderation.policy import Detector, Policy
from wetplate.moderation.signals import Classifier, pinned
from wetplate.moderation.surface import Surface

OpenClassifiers = Callable[[Policy], AbstractContextManager[Sequence[Classifier]]]


@contextmanager
def open_classifiers(policy: Policy) -> Iterator[Sequence[Classifier]]:
    """The detectors the policy names; their processes end with the block."""
    with ExitStack() as stack:
        yield [_opened(detector, stack) for detector in policy.detectors.values()]


def revisions(policy: Policy) -> dict[str, str]:
    """The revision in which each detector would speak now; none of one that is not installed."""
    with ExitStack() as stack:
        now = {name: _revision(detector, stack) for name, detector in policy.detectors.items()}
    return {name: revision for name, revision in now.items() if revision != ABSENT}


def abilities(classifiers: Sequence[Classifier]) -> str:
    """A Markdown table: which detectors ran, what they see, what they are blind to."""
    rows = [f"| {c.name} | {c.revision} | {c.sees} | {c.blind} |" for c in classifiers]
    return "\n".join(["| detector | revision | sees | is blind to |", "|---|---|---|---|", *rows])


def abilities_of(detector: str) -> tuple[str, str]:
    """What a detector that ran once sees and is blind to, by its name; without opening it."""
    known: dict[str, type[Classifier]] = {
        "surface": Surface, "nudenet": NudeNet, "faces": Faces, "text": text.Text,
    }  # fmt: skip
    ours = known.get(detector)
    return (ours.sees, ours.blind) if ours else ("what its model was trained to tell apart", "all else")


def _revision(detector: Detector, stack: ExitStack) -> str:
    if detector.kind == "transformers":
        return pinned(detector.model, detector.revision)
    return _opened(detector, stack).revision


def _opened(detector: Detector, stack: ExitStack) -> Classifier:
    if detector.kind == "nudenet":
        return stack.enter_context(NudeNet(detector.name, seconds=detector.seconds))
    if detector.kind == "faces":
        return Faces(detector.name, model=detector.model, revision=detector.revision)
    if detector.kind == "text":
        reading = text.opened(detector.name, detector.model, detector.names, detector.seconds)
        return stack.enter_context(reading)
    if detector.kind == "transformers":
        module = importlib.import_module("wetplate.moderation.transformers_classifier")
        opened: Classifier = module.TransformersClassifier(detector.name, detector.model, detector.revision)
        return opened
    return Surface(detector.name)

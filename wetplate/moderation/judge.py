"""Judging: pictures in, verdicts out. No I/O but the detectors.

Here: asking every detector about every picture and letting `bands` decide. Not here: rows (`catalog`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.bands import decide
from wetplate.moderation.guard import guarded
from wetplate.moderation.policy import Policy
from wetplate.moderation.prompts import hits
from wetplate.moderation.signals import Classifier, Signal

SECONDS = 20.0
POLICY = "policy"


@dataclass(frozen=True)
class Pending:
    """A painting without a verdict: the hash of its stored bytes, its prompt, its pixels (H, W, 3)."""

    recipe_id: str
    object_sha256: str
    prompt: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Judged:
    """A verdict on these very bytes, and everything it rests on.

    `decided_by` is `policy` or `person:<name>`. For whoever makes work of a review: `slugs` say what the
    picture is suspected of, `sensitive` that it is shown blurred, `restricted` that it is in quarantine (no
    pixels unasked), `audit` that the machine would have decided alone and a person looks all the same.
    """

    recipe_id: str
    object_sha256: str
    verdict: str
    reasons: tuple[str, ...]
    signals: tuple[Signal, ...]
    policy: str
    policy_sha256: str
    decided_by: str = POLICY
    slugs: tuple[str, ...] = ()
    sensitive: bool = False
    restricted: bool = False
    audit: bool = False


def judge(paintings: Sequence[Pending], classifiers: Sequence[Classifier], policy: Policy) -> list[Judged]:
    """A verdict for each painting, in order."""
    pictures = [painting.pixels for painting in paintings]
    answers = [guarded(classifier, pictures, _seconds(classifier, policy)) for classifier in classifiers]
    return [
        _judged(painting, [signal for answer in answers for signal in answer[number]], policy)
        for number, painting in enumerate(paintings)
    ]


def _judged(painting: Pending, signals: Sequence[Signal], policy: Policy) -> Judged:
    decision = decide(signals, hits(painting.prompt, policy.prompt_rules), policy, painting.object_sha256)
    return Judged(
        recipe_id=painting.recipe_id,
        object_sha256=painting.object_sha256,
        verdict=decision.verdict,
        reasons=decision.reasons,
        signals=tuple(signals),
        policy=policy.name,
        policy_sha256=policy.sha256,
    )


def _seconds(classifier: Classifier, policy: Policy) -> float:
    detector = policy.detectors.get(classifier.name)
    return detector.seconds if detector else SECONDS

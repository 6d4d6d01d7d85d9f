"""Judging: pictures in, verdicts out. No I/O but the detectors.

Here: asking every detector about every picture, and the verdict that follows from what they said. Not here:
the rule (`bands`), rows (`catalog`), judging again what was said before (`replay`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wetplate.moderation.bands import NONE, decide
from wetplate.moderation.guard import guarded
from wetplate.moderation.policy import Policy, Record
from wetplate.moderation.prompts import hits
from wetplate.moderation.signals import Classifier, Signal

SECONDS = 20.0
POLICY = "policy"


@dataclass(frozen=True)
class Pending:
    """A painting without a verdict: the hash of its stored bytes, its prompt, its pixels (H, W, 3).

    `told` is what is known of these bytes without looking at them (the blocklist).
    """

    recipe_id: str
    object_sha256: str
    prompt: str
    pixels: NDArray[np.uint8]
    told: tuple[Signal, ...] = ()


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


@dataclass(frozen=True)
class Panel:
    """Who judges and by which rules: a policy, its detectors, the calibration records that stand."""

    policy: Policy
    classifiers: Sequence[Classifier]
    records: Mapping[str, Record]


def judge(
    paintings: Sequence[Pending],
    classifiers: Sequence[Classifier],
    policy: Policy,
    records: Mapping[str, Record] = NONE,
) -> list[Judged]:
    """A verdict for each painting, in order.

    `records` are the calibrations that stand (`calibration.records`); without them nothing is rejected by
    itself.
    """
    pictures = [painting.pixels for painting in paintings]
    answers = [guarded(classifier, pictures, _seconds(classifier, policy)) for classifier in classifiers]
    return [
        _judged(
            painting, [*painting.told, *(s for answer in answers for s in answer[number])], policy, records
        )
        for number, painting in enumerate(paintings)
    ]


def _judged(
    painting: Pending, signals: Sequence[Signal], policy: Policy, records: Mapping[str, Record]
) -> Judged:
    heard = [measured(signal, policy) for signal in signals]
    prompted = hits(painting.prompt, policy.prompt_rules)
    decision = decide(heard, prompted, policy, painting.object_sha256, records)
    return Judged(
        recipe_id=painting.recipe_id,
        object_sha256=painting.object_sha256,
        signals=tuple(heard),
        policy=policy.name,
        policy_sha256=policy.sha256,
        sensitive=policy.taxonomy.sensitive(decision.slugs),
        **vars(decision),
    )


def measured(signal: Signal, policy: Policy) -> Signal:
    """The signal with what the policy says of its label."""
    label = policy.label(signal.detector, signal.label)
    if label is None:
        return replace(signal, slug=None, approve=None, reject=None)
    return replace(signal, slug=label.slug, approve=label.approve, reject=label.reject)


def _seconds(classifier: Classifier, policy: Policy) -> float:
    detector = policy.detectors.get(classifier.name)
    return detector.seconds if detector else SECONDS

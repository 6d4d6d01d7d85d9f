"""Bands: from signals to a verdict, without any I/O. The same input always gives the same verdict.

Here: the decision. Not here: what the signals are (detectors), what a person decides (`queue`).

Rules (fail closed: doubt means review, never approval):
1. A failed detector, a score that is none, a label nobody mapped, a required detector that is silent: review.
2. A policy that requires no detector approves nothing.
3. A score below `approve` passes; from there on: review, or reject where the policy lets that detector
   reject.
4. A prompt rule that blocks rejects, one that asks for review gives review, a note changes nothing.
5. The worst of all wins. Of what is left to approve, a sample chosen by hash goes to a person all the same.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wetplate.moderation.policy import Detector, Policy
from wetplate.moderation.prompts import Hit
from wetplate.moderation.signals import Signal

APPROVE, REVIEW, REJECT = "approve", "review", "reject"
SEVERITY = (APPROVE, REVIEW, REJECT)
FROM_PROMPT = {"block": REJECT, "review_output": REVIEW, "note": APPROVE}


@dataclass(frozen=True)
class Decision:
    """A verdict and the rules it rests on, in words a person can act on."""

    verdict: str
    reasons: tuple[str, ...]


def decide(signals: Sequence[Signal], hits: Sequence[Hit], policy: Policy, object_sha256: str) -> Decision:
    """The verdict on the bytes with this hash."""
    found = [*_silent(signals, policy), *_heard(signals, policy), *_read(hits)]
    verdict = max((band for band, _ in found), key=SEVERITY.index, default=APPROVE)
    if verdict == APPROVE and audited(object_sha256, policy):
        found.append((REVIEW, f"audit sample: {policy.audit_sample} of 1000 approved images are looked at"))
        verdict = REVIEW
    reasons = tuple(dict.fromkeys(reason for _, reason in found))
    return Decision(verdict, reasons or ("every detector is below its threshold",))


def audited(object_sha256: str, policy: Policy) -> bool:
    """Whether the hash picks these bytes for the audit sample: a retry can neither dodge nor double it."""
    salted = f"{policy.name}/{policy.version}/{object_sha256}".encode()
    return int.from_bytes(hashlib.sha256(salted).digest()[:8]) % 1000 < policy.audit_sample


def band(signal: Signal, policy: Policy) -> tuple[str, str]:
    """Where one signal falls, and why."""
    detector = policy.detectors.get(signal.detector)
    if detector is None:
        return REVIEW, f"{signal.detector}: not in policy {policy.name}"
    if signal.error is not None or signal.score is None:
        return REVIEW, f"{signal.detector}: {signal.error or 'no score'}"
    if not (math.isfinite(signal.score) and 0 <= signal.score <= 1):
        return REVIEW, f"{signal.detector}: {signal.label} {signal.score} is no score between 0 and 1"
    if signal.label in detector.harmless or (signal.label == "" and signal.score == 0):
        return APPROVE, ""
    return _scored(signal, signal.score, detector, policy)


def _scored(signal: Signal, score: float, detector: Detector, policy: Policy) -> tuple[str, str]:
    label = detector.labels.get(signal.label)
    if label is None:
        return REVIEW, f"{signal.detector}: label {signal.label!r} is not mapped in policy {policy.name}"
    if score < label.approve:
        return APPROVE, ""
    said = f"{signal.detector}: {signal.label} {score:.2f}"
    if score >= label.reject and _may_reject(signal, detector, policy):
        return REJECT, f"{said}, rejected from {label.reject:.2f} ({label.slug})"
    return REVIEW, f"{said}, approved only below {label.approve:.2f} ({label.slug})"


def _may_reject(signal: Signal, detector: Detector, policy: Policy) -> bool:
    record = detector.calibration
    return policy.auto_reject and record is not None and record.revision == signal.revision


def _heard(signals: Sequence[Signal], policy: Policy) -> Iterator[tuple[str, str]]:
    return ((verdict, why) for verdict, why in (band(signal, policy) for signal in signals) if why)


def _silent(signals: Sequence[Signal], policy: Policy) -> Iterator[tuple[str, str]]:
    if not policy.required:
        yield REVIEW, f"policy {policy.name} requires no detector, so nothing vouches for a picture"
    heard = {signal.detector for signal in signals}
    for name in policy.required:
        if name not in heard:
            yield REVIEW, f"{name}: required, but it said nothing"


def _read(hits: Sequence[Hit]) -> Iterator[tuple[str, str]]:
    return ((FROM_PROMPT[hit.action], str(hit)) for hit in hits)

"""Bands: from signals to a verdict, without any I/O. The same input always gives the same verdict, in the
same words and in whatever order it comes.

Here: the decision. Not here: what the signals are (detectors), what a person decides.

Rules (fail closed: doubt means review, never approval):
1. A failed detector, a score that is none, a label nobody mapped, a required detector that is silent: review.
2. A policy that requires no detector approves nothing.
3. A score below `approve` passes; from there on: review, or reject where the policy lets that detector
   reject and a calibration record that stands in the catalog covers revision, label and threshold.
4. A prompt rule that blocks rejects, one that asks for review gives review, a note changes nothing.
5. What was taken down once, byte for byte, is rejected; what looks like it goes to a person.
6. The worst of all wins. Of what is left to approve, a sample chosen by hash goes to a person all the same.
7. Where a slug of zero tolerance is suspected, nothing is decided by itself, nor rejected: a person
   decides, in quarantine.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from wetplate.moderation.policy import Detector, Label, Policy, Record
from wetplate.moderation.prompts import Hit
from wetplate.moderation.signals import Signal

APPROVE, REVIEW, REJECT = "approve", "review", "reject"
SEVERITY = (APPROVE, REVIEW, REJECT)
FROM_PROMPT = {"block": REJECT, "review_output": REVIEW, "note": APPROVE}
#: No detector: what the blocklist knows of the bytes, kept as a signal so that the verdict can be replayed.
BLOCKLIST, EXACT, ALIKE = "blocklist", "EXACT", "ALIKE"
EXACTLY = "blocklist: taken down once, must not come back"
QUARANTINE = "zero tolerance: only a person decides, in quarantine"
NONE: Mapping[str, Record] = MappingProxyType({})


@dataclass(frozen=True)
class Decision:
    """A verdict and the rules it rests on, in words a person can act on.

    `slugs` are suspected; `restricted` means quarantine; `audit` that all was well and a person looks anyway.
    """

    verdict: str
    reasons: tuple[str, ...]
    slugs: tuple[str, ...] = ()
    restricted: bool = False
    audit: bool = False


@dataclass(frozen=True)
class Finding:
    """Where one thing falls, why, and what it makes suspect of ("" where it cannot be told)."""

    band: str
    why: str
    slug: str = ""


PASSES = Finding(APPROVE, "")


def decide(
    signals: Sequence[Signal],
    hits: Sequence[Hit],
    policy: Policy,
    object_sha256: str,
    records: Mapping[str, Record] = NONE,
) -> Decision:
    """The verdict on the bytes with this hash; `records` are the calibrations in the catalog, by SHA-256."""
    heard = (band(signal, policy, records) for signal in sorted(signals, key=_in_order))
    found = [each for each in (*_silent(signals, policy), *heard, *_read(hits)) if each.why]
    slugs = tuple(dict.fromkeys(each.slug for each in found if each.slug and each.band != APPROVE))
    restricted = not policy.taxonomy.zero_tolerance().isdisjoint(slugs)
    verdict = max((each.band for each in found), key=SEVERITY.index, default=APPROVE)
    audit = verdict == APPROVE and audited(object_sha256, policy)
    reasons = [each.why for each in found]
    if restricted:
        reasons.append(QUARANTINE)
    if audit:
        reasons.append(f"audit sample: {policy.audit_sample} of 1000 approved images are looked at")
    said = tuple(dict.fromkeys(reasons)) or ("every detector is below its threshold",)
    return Decision(REVIEW if restricted or audit else verdict, said, slugs, restricted, audit)


def audited(object_sha256: str, policy: Policy) -> bool:
    """Whether the hash picks these bytes for the audit sample: a retry can neither dodge nor double it.

    The same bytes are picked under every version of a policy, so that a new one draws nothing back that is
    out.
    """
    salted = f"{policy.name}/1/{object_sha256}".encode()
    return int.from_bytes(hashlib.sha256(salted).digest()[:8]) % 1000 < policy.audit_sample


def band(signal: Signal, policy: Policy, records: Mapping[str, Record] = NONE) -> Finding:
    """Where one signal falls, and why."""
    if signal.detector == BLOCKLIST:
        return _blocked(signal)
    detector = policy.detectors.get(signal.detector)
    if detector is None:
        return Finding(REVIEW, f"{signal.detector}: not in policy {policy.name}")
    if signal.error is not None or signal.score is None:
        return Finding(REVIEW, f"{signal.detector}: {signal.error or 'no score'}")
    if not (math.isfinite(signal.score) and 0 <= signal.score <= 1):
        said = f"{signal.label} {signal.score} is no score between 0 and 1"
        return Finding(REVIEW, f"{signal.detector}: {said}")
    if signal.label in detector.harmless or (signal.label == "" and signal.score == 0):
        return PASSES
    return _scored(signal, signal.score, detector, policy, records)


def _in_order(signal: Signal) -> tuple[str, str, str, float, str]:
    score = -1.0 if signal.score is None else signal.score
    return signal.detector, signal.label, signal.revision, score, signal.error or ""


def _scored(
    signal: Signal, score: float, detector: Detector, policy: Policy, records: Mapping[str, Record]
) -> Finding:
    label = detector.labels.get(signal.label)
    if label is None:
        unmapped = f"label {signal.label!r} is not mapped in policy {policy.name}"
        return Finding(REVIEW, f"{signal.detector}: {unmapped}")
    if score < label.approve:
        return PASSES
    said = f"{signal.detector}: {signal.label} {score:.2f}"
    if score >= label.reject and policy.auto_reject and _covered(signal, detector, label, records):
        return Finding(REJECT, f"{said}, rejected from {label.reject:.2f} ({label.slug})", label.slug)
    return Finding(REVIEW, f"{said}, approved only below {label.approve:.2f} ({label.slug})", label.slug)


def _covered(signal: Signal, detector: Detector, label: Label, records: Mapping[str, Record]) -> bool:
    """Whether the cited record stands, is of this very detector and revision, and reaches to `reject`."""
    cited = detector.calibration
    record = records.get(cited.record) if cited else None
    if cited is None or record is None:
        return False
    same = (record.detector, record.revision) == (detector.name, signal.revision)
    precise = label.reject >= record.reject_from.get(signal.label, math.inf)
    return same and cited.revision == signal.revision and precise


def _blocked(signal: Signal) -> Finding:
    if signal.label == EXACT:
        return Finding(REJECT, EXACTLY)
    return Finding(REVIEW, "blocklist: looks like a picture that was taken down")


def _silent(signals: Sequence[Signal], policy: Policy) -> Iterator[Finding]:
    if not policy.required:
        why = f"policy {policy.name} requires no detector, so nothing vouches for a picture"
        yield Finding(REVIEW, why)
    heard = {signal.detector for signal in signals}
    for name in policy.required:
        if name not in heard:
            yield Finding(REVIEW, f"{name}: required, but it said nothing")


def _read(hits: Sequence[Hit]) -> Iterator[Finding]:
    return (Finding(FROM_PROMPT[hit.action], str(hit), hit.slug) for hit in hits)

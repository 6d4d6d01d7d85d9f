"""Calibration: what persons decided against what a detector's revision said. The only writer of its records.

Here: reading the adjudicated pictures, keeping a signed record, which records stand. Not here: the arithmetic
(`curves`), what a record allows (`bands`).

Rules:
1. A picture counts as bad for a label when a person rejected it for the label's slug, as good when a person
   approved it because it looks right or the alarm was false. Rejected for another reason, or approved for a
   reason of law, says nothing of the label.
2. What stands in quarantine, or was rejected for a slug of zero tolerance, is never used.
3. A record is about one revision of one detector; its SHA-256 is that of its canonical JSON, which holds
   the hash of the data, the counts and the thresholds. The same data signed again by the same person is the
   same record.
4. NudeNet's record may inform a threshold; no policy may cite it for rejecting (`policy` refuses).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import ModerationError
from wetplate.moderation.curves import PRECISE, Curve, Sample, curve
from wetplate.moderation.policy import Policy, Record
from wetplate.moderation.queue import REVIEWER
from wetplate.moderation.tables import CalibrationRow, SignalRow

TELLING = ("looks-right", "false-alarm")  # reasons to approve that say that the label was wrong

#: Of each picture the person's last word and every score of the revision; quarantine left out.
ADJUDICATED = """
WITH decided AS (
    SELECT DISTINCT ON (stream, object_sha256) stream, object_sha256, verdict, reasons
    FROM verdicts WHERE decided_by <> 'policy' AND verdict IN ('approve', 'reject')
    ORDER BY stream, object_sha256, position DESC
), quarantined AS (
    SELECT object_sha256 FROM verdicts
    WHERE restricted OR reasons::text LIKE ANY (CAST(:zero_tolerance AS text[]))
)
SELECT d.object_sha256, d.verdict, d.reasons, s.label, max(s.score) AS score
FROM decided d JOIN signals s ON s.recipe_id = d.stream AND s.object_sha256 = d.object_sha256
WHERE s.detector = :detector AND s.revision = :revision AND s.error IS NULL AND s.score IS NOT NULL
    AND d.object_sha256 NOT IN (SELECT object_sha256 FROM quarantined)
GROUP BY d.stream, d.object_sha256, d.verdict, d.reasons, s.label
ORDER BY d.object_sha256, d.stream, s.label
"""


@dataclass(frozen=True)
class Picture:
    """A picture that a person decided on: the verdict, its reasons, the detector's score of each label."""

    object_sha256: str
    verdict: str
    reasons: tuple[str, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """A revision of a detector against what persons decided; `data` is the SHA-256 of what was compared."""

    detector: str
    revision: str
    data: str
    pictures: int
    curves: tuple[Curve, ...]


def measure(
    session: Session, policy: Policy, detector: str, *, revision: str | None = None, label: str | None = None
) -> Measured:
    """The detector's revision (else the one that looked last) measured, for one of its labels or all.

    Raises ModerationError for a detector or label the policy does not know, and where nothing was decided.
    """
    labels = _labels(policy, detector, label)
    revision = revision or _last_revision(session, detector)
    seen = pictures(session, policy, detector, revision)
    if not seen:
        raise ModerationError(
            f"{detector} {revision}: no person has decided on a picture this revision looked at; decide some "
            "(`wetplate review list`), and have them looked at anew after a change (job `rejudge`)"
        )
    curves = tuple(curve(name, slug, [*samples(seen, name, slug)]) for name, slug in labels.items())
    return Measured(detector, revision, fingerprint(seen), len(seen), curves)


def pictures(session: Session, policy: Policy, detector: str, revision: str) -> list[Picture]:
    """What persons decided on and this revision has looked at, each bytes once."""
    kept_out = [f"%{slug}%" for slug in policy.taxonomy.zero_tolerance()]
    given = {"detector": detector, "revision": revision, "zero_tolerance": kept_out}
    found = dict[str, Picture]()
    for row in session.execute(text(ADJUDICATED), given):
        before = found.get(row.object_sha256)
        found[row.object_sha256] = _with(before, row)
    return list(found.values())


def samples(seen: Sequence[Picture], label: str, slug: str) -> Iterator[Sample]:
    """The pictures that say something of this label; one the detector did not report it in scored 0."""
    for picture in seen:
        bad = picture.verdict == "reject" and slug in picture.reasons
        good = picture.verdict == "approve" and any(said in TELLING for said in picture.reasons[:1])
        if bad or good:
            yield Sample(picture.object_sha256, picture.scores.get(label, 0.0), bad)


def fingerprint(seen: Sequence[Picture]) -> str:
    """SHA-256 of what was compared: the same decisions and scores give the same."""
    told = [[p.object_sha256, p.verdict, p.reasons[:1], dict(p.scores)] for p in seen]
    return hashlib.sha256(_canonical(told).encode()).hexdigest()


def sign(session: Session, measured: Measured, signed_by: str) -> str:
    """Keep what was measured as a record; gives its SHA-256. `signed_by` is a pseudonym, as in decisions."""
    if not REVIEWER.match(signed_by):
        raise ModerationError(f"{signed_by!r} signs nothing: letters, digits and .@+- , at most 64")
    body = _canonical({**_told(measured), "signed_by": signed_by})
    record = hashlib.sha256(body.encode()).hexdigest()
    about = {"detector": measured.detector, "revision": measured.revision, "signed_by": signed_by}
    row = insert(CalibrationRow).values(record=record, body=body, **about)
    session.execute(row.on_conflict_do_nothing())
    return record


def records(session: Session) -> dict[str, Record]:
    """The records that stand in the catalog, by SHA-256; one whose body is another does not stand."""
    rows = session.execute(select(CalibrationRow.record, CalibrationRow.body))
    return {key: _record(json.loads(body)) for key, body in rows if _sha256(body) == key}


def since(session: Session) -> dict[str, datetime]:
    """Since when each record stands."""
    query = select(CalibrationRow.record, CalibrationRow.at)
    return {key: at for key, at in session.execute(query)}  # noqa: C416  (rows, not pairs)


def _record(said: Mapping[str, Any]) -> Record:
    from_ = {label: part["reject_from"] for label, part in said["labels"].items() if part["reject_from"]}
    return Record(said["detector"], said["revision"], from_)


def _told(measured: Measured) -> dict[str, Any]:
    return {
        "form": 1,
        "detector": measured.detector,
        "revision": measured.revision,
        "data_sha256": measured.data,
        "pictures": measured.pictures,
        "precise": PRECISE,
        "labels": {each.label: _told_of(each) for each in measured.curves},
    }


def _told_of(each: Curve) -> dict[str, Any]:
    points = [[point.threshold, point.caught, point.alarms, point.missed] for point in each.points]
    counts = {"slug": each.slug, "bad": each.bad, "good": each.good, "points": points}
    return {**counts, "lowest_bad": each.lowest_bad, "reject_from": each.reject_from}


def _labels(policy: Policy, detector: str, label: str | None) -> dict[str, str]:
    known = policy.detectors.get(detector)
    if known is None:
        raise ModerationError(
            f"{detector!r} is no detector of policy {policy.name}; known: {', '.join(policy.detectors)}"
        )
    if label is not None and label not in known.labels:
        raise ModerationError(f"{detector} has no label {label!r}; known: {', '.join(known.labels)}")
    return {name: each.slug for name, each in known.labels.items() if label in (None, name)}


def _last_revision(session: Session, detector: str) -> str:
    looked = (SignalRow.detector == detector, SignalRow.error.is_(None))
    query = select(SignalRow.revision).where(*looked).order_by(SignalRow.id.desc()).limit(1)
    revision = session.scalar(query)
    if revision is None:
        raise ModerationError(f"{detector} has not looked at any picture yet; run the job `lifecycle`")
    return revision


def _with(before: Picture | None, row: Row[Any]) -> Picture:
    scores = {**(before.scores if before else {}), row.label: float(row.score)}
    return Picture(row.object_sha256, row.verdict, tuple(row.reasons), scores)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha256(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()

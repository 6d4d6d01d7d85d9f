"""Calibration on what persons decided: what counts, what never does, and what a record allows."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted, a_policy
from tests.moderation.people import decide
from wetplate.errors import ModerationError
from wetplate.moderation import calibration, catalog
from wetplate.moderation.curves import curve
from wetplate.moderation.judge import judge
from wetplate.moderation.policy import Calibration, Label, Policy
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import CalibrationRow
from wetplate.recipes.recipe import Recipe
from wetplate.storage.memory import MemoryObjects

Paint = Callable[[int], list[Recipe]]
EYE = a_policy().detectors["eye"]
POLICY = a_policy(
    detectors={"eye": replace(EYE, labels={**EYE.labels, "CHILD": Label("minor_safety", 0.5, 0.9)})}
)


def looked(
    session: Session, objects: MemoryObjects, scores: list[float], label: str = "BAD", revision: str = "1"
) -> list[str]:
    """Every painting judged, each with the next score; gives the recipe ids in the family's order."""
    left = list(scores)
    eye = Scripted(lambda _: [[Signal("eye", revision, label, left.pop(0))]], revision=revision)
    rows = catalog.unjudged(session, FAMILY, POLICY, [eye])
    catalog.record(session, judge(catalog.pending(objects, rows), [eye], POLICY), FAMILY)
    return [row.recipe_id for row in rows]


def test_persons_words_tell_bad_from_good(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(6)
    ids = looked(session, objects, [0.9, 0.8, 0.7, 0.6, 0.55, 0.1])
    said = ("reject", "sexual/nudity"), ("reject", "ip/logo"), ("approve", "looks-right")
    said += ("approve", "false-alarm"), ("approve", "other")
    for recipe_id, (verdict, reason) in zip(ids, said, strict=False):
        decide(session, recipe_id, verdict, "ada", reason, "a note" if reason == "other" else "")
    found = calibration.measure(session, POLICY, "eye")
    bad = next(each for each in found.curves if each.label == "BAD")
    assert (found.pictures, bad.bad, bad.good) == (5, 1, 2)
    assert bad.lowest_bad == 0.9
    child = next(each for each in found.curves if each.label == "CHILD")
    assert (child.bad, child.good) == (0, 2), "not reported is a score of 0"


def test_quarantine_is_never_used(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(3)
    ids = looked(session, objects, [0.9, 0.9, 0.9], label="CHILD")
    for recipe_id, reason in zip(ids, ("minor_safety", "sexual/nudity", "looks-right"), strict=True):
        decide(session, recipe_id, "approve" if reason == "looks-right" else "reject", "ada", reason)
    with pytest.raises(ModerationError, match="no person has decided"):
        calibration.measure(session, POLICY, "eye")


def test_only_the_revision_s_own_scores_count(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    (recipe_id,) = looked(session, objects, [0.7])
    decide(session, recipe_id, "reject", "ada", "sexual/nudity")
    assert calibration.measure(session, POLICY, "eye").revision == "1"
    with pytest.raises(ModerationError, match="eye 2: no person"):
        calibration.measure(session, POLICY, "eye", revision="2")
    eye = Scripted(0.2, revision="2")
    rows = catalog.unscored(session, FAMILY, [eye])
    catalog.record(session, judge(catalog.pending(objects, rows), [eye], POLICY), FAMILY)
    assert catalog.unscored(session, FAMILY, [eye]) == []
    newer = calibration.measure(session, POLICY, "eye")
    assert (newer.revision, newer.curves[0].lowest_bad) == ("2", 0.2)
    assert catalog.in_force(session, FAMILY)[recipe_id].decided_by == "person:ada"


@pytest.mark.parametrize(("detector", "label"), [("ear", None), ("eye", "GOOD")])
def test_what_the_policy_does_not_know_is_refused(session: Session, detector: str, label: str | None) -> None:
    with pytest.raises(ModerationError, match="known: "):
        calibration.measure(session, POLICY, detector, label=label)


def measured(bad: int = 80) -> calibration.Measured:
    """Eighty bad and as many good, told apart without an error."""
    seen = [
        calibration.Picture(f"{n:064x}", verdict, (reason,), {"BAD": score})
        for n, (verdict, reason, score) in enumerate(
            [("reject", "sexual/nudity", 0.9)] * bad + [("approve", "looks-right", 0.1)] * 80
        )
    ]
    samples = [*calibration.samples(seen, "BAD", "sexual/nudity")]
    data = calibration.fingerprint(seen)
    return calibration.Measured("eye", "1", data, len(seen), (curve("BAD", "sexual/nudity", samples),))


def test_a_record_is_canonical_and_kept_once(session: Session) -> None:
    record = calibration.sign(session, measured(), "ada")
    assert calibration.sign(session, measured(), "ada") == record
    assert calibration.sign(session, measured(), "ben") != record
    assert calibration.sign(session, measured(81), "ada") != record
    row = session.get_one(CalibrationRow, record)
    assert hashlib.sha256(row.body.encode()).hexdigest() == record
    assert json.dumps(json.loads(row.body), sort_keys=True, separators=(",", ":")) == row.body
    assert session.scalar(select(func.count()).select_from(CalibrationRow)) == 3
    with pytest.raises(ModerationError, match="signs nothing"):
        calibration.sign(session, measured(), "a\nb")
    session.commit()
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("UPDATE calibrations SET signed_by = 'eve'"))


def citing(record: str) -> Policy:
    cited = Calibration(record, "1", "ada")
    return a_policy(auto_reject=True, detectors={"eye": replace(EYE, calibration=cited)})


def test_rejecting_takes_the_record_and_the_citation(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    record = calibration.sign(session, measured(), "ada")
    few = calibration.sign(session, measured(20), "ada")
    session.add(CalibrationRow(record="e" * 64, detector="eye", revision="1", body="{}", signed_by="nobody"))
    session.flush()
    standing = calibration.records(session)
    assert set(standing) == {record, few}, "a body that is another stands for nothing"
    rows = catalog.pending(objects, catalog.unjudged(session, FAMILY, POLICY))

    def verdict(policy: Policy, revision: str = "1") -> str:
        (judged,) = judge(rows, [Scripted(0.95, revision=revision)], policy, standing)
        return judged.verdict

    assert verdict(citing(record)) == "reject"
    assert verdict(citing(record), revision="2") == "review", "another revision is back to review"
    assert verdict(citing(few)) == "review", "too few samples to reject from any threshold"
    assert verdict(citing("e" * 64)) == "review"
    assert [each.verdict for each in judge(rows, [Scripted(0.95)], citing(record))] == ["review"]

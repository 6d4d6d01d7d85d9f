"""`wetplate moderation` as it is called: what it prints, and with which exit status."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted
from tests.moderation.conftest import painted as painted
from tests.moderation.people import decide
from wetplate.cli import wetplate
from wetplate.errors import ModerationError
from wetplate.moderation import catalog, policies
from wetplate.moderation.judge import judge
from wetplate.moderation.policy import load
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import CalibrationRow
from wetplate.recipes.recipe import Recipe
from wetplate.storage.memory import MemoryObjects

Paint = Callable[[int], list[Recipe]]
SHIPPED = load("product")
PRODUCT = replace(SHIPPED, required=("surface",), audit_sample=1000)


@pytest.fixture
def house(
    session: Session,
    database: Engine,
    objects: MemoryObjects,
    painted: Paint,
    monkeypatch: pytest.MonkeyPatch,
) -> Session:
    """Four pictures judged under the shipped policy by a detector called surface; three decided."""
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    painted(4)
    policies.keep(session, SHIPPED)
    scores = iter((0.99, 0.5, 0.4, 0.3))
    eye = Scripted(lambda _: [[Signal("surface", "2", "EMPTY", next(scores))]], name="surface", revision="2")
    rows = catalog.unjudged(session, FAMILY, SHIPPED, [eye])
    catalog.record(session, judge(catalog.pending(objects, rows), [eye], SHIPPED), FAMILY)
    for row, reason in zip(rows, ("quality/blank", "looks-right", "ip/logo"), strict=False):
        verdict = "approve" if reason == "looks-right" else "reject"
        decide(session, row.recipe_id, verdict, "ada", reason)
    session.commit()
    return session


def run(*words: str) -> Result:
    return CliRunner().invoke(wetplate, ["moderation", *words])


def test_replay_says_that_all_come_out_the_same(house: Session) -> None:
    said = run("replay")
    assert said.exit_code == 0
    assert "4 verdicts of the machine, 4 come out the same" in said.output
    told = json.loads(run("replay", "--family", FAMILY, "--json").output)
    assert (told["verdicts"], told["same"], told["differing"], told["differences"]) == (4, 4, 0, [])


def test_replay_exits_1_on_a_difference_and_names_what_it_cannot_derive(house: Session) -> None:
    one, other, *_ = catalog.in_force(house, FAMILY).values()
    machine = replace(one, verdict="approve", reasons=("trust me",), decided_by="policy")
    catalog.append(house, machine, FAMILY, [1])
    catalog.append(house, replace(other, decided_by="policy"), FAMILY)
    house.commit()
    said = run("replay")
    assert said.exit_code == 1
    assert "verdict: stored 'approve', derived 'review'" in said.output
    assert "1 cannot be derived: names no evidence" in said.output
    told = json.loads(run("replay", "--json").output)
    assert told["differences"][0]["recipe_id"] == one.recipe_id


def test_calibrate_prints_the_curve_and_writes_only_when_signed(house: Session) -> None:
    said = run("calibrate", "--detector", "surface", "--label", "EMPTY")
    assert said.exit_code == 0, said.output
    assert "EMPTY (quality/blank): 1 bad, 1 good" in said.output
    assert "too few; needs 149 bad samples, all caught, has 1" in said.output
    assert "rejecting by itself: too few samples" in said.output
    assert house.query(CalibrationRow).count() == 0
    told = json.loads(
        run("calibrate", "--detector", "surface", "--label", "EMPTY", "--sign", "ada", "--json").output
    )
    house.expire_all()
    row = house.query(CalibrationRow).one()
    assert (row.record, row.detector, row.revision, row.signed_by) == (told["record"], "surface", "2", "ada")
    assert json.loads(row.body)["data_sha256"] == told["data"]
    assert told["curves"][0]["points"][0]["recall"] == [1.0, pytest.approx(0.2065, abs=1e-4), 1.0]


def test_calibrate_refuses_by_name(house: Session) -> None:
    said = run("calibrate", "--detector", "ear")
    assert isinstance(said.exception, ModerationError)
    assert "known: surface" in str(said.exception)


def test_audit_gives_the_estimate_with_its_interval(house: Session) -> None:
    told = json.loads(run("audit", "--json").output)
    assert told["drawn"] >= told["decided"] >= told["rejected"]
    assert len(told["interval"]) == 2
    assert "decided audit samples" in run("audit", "--family", FAMILY).output


def test_taxonomy_lists_the_slugs() -> None:
    told = {slug["slug"]: slug for slug in json.loads(run("taxonomy", "--json").output)}
    assert told["minor_safety"]["zero_tolerance"] is True
    assert "quarantine" in run("taxonomy").output
    assert isinstance(run("taxonomy", "--version", "9").exception, ModerationError)

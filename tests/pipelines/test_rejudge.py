"""Judging again: a changed policy or detector brings families back, nothing is overwritten, people stand."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import select, text

from pipelines import sensors
from tests.lifecycle.stand_ins import doubtful, harmless
from tests.moderation.people import decide
from tests.pipelines.conftest import House
from wetplate.moderation import policy as policies
from wetplate.moderation import queue, rejudging
from wetplate.moderation.policy import FOLDER, Policy
from wetplate.moderation.replay import replay
from wetplate.moderation.signals import Classifier
from wetplate.moderation.tables import SignalRow, VerdictRow
from wetplate.storage.database import transaction

JUDGED = ["recipes", "paintings", "moderation_verdicts"]


@pytest.fixture
def rewrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Replace words in the policy `product` that everybody reads."""
    folder = tmp_path / "policies"
    folder.mkdir()
    file = folder / "product.toml"
    file.write_bytes((FOLDER / "product.toml").read_bytes())
    monkeypatch.setattr(policies.load, "__defaults__", (folder,))

    def change(old: str, new: str) -> None:
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return change


@pytest.fixture(autouse=True)
def present(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The revisions that the schedule takes for the present ones."""
    now = dict.fromkeys(policies.load("product").detectors, "stand-in")
    monkeypatch.setattr(rejudging, "revisions", lambda policy: now)
    return now


def tick(house: House) -> list[str]:
    with dg.build_sensor_context(instance=house.instance, resources={"database": house.database}) as context:
        said = sensors.judgements_stale(context)
    return [each.partition_key for each in said.run_requests] if isinstance(said, dg.SensorResult) else []


def rows(house: House, table: Any) -> list[Any]:
    with transaction(house.database) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_a_changed_policy_brings_the_family_back_and_overwrites_nothing(
    house: House, rewrite: Callable[[str, str], None]
) -> None:
    house.family("boots", "white", "black", "red")
    assert house.run("lifecycle", "boots", select=JUDGED).success
    assert tick(house) == []
    before = rows(house, VerdictRow), rows(house, SignalRow)
    with transaction(house.database) as session:
        decided = queue.waiting(session, "boots")
        for image in decided:
            decide(session, image.recipe_id, "approve", "tester", "looks-right")
    rewrite("approve = 0.97", "approve = 0.96")
    assert tick(house) == ["boots"]
    assert house.run("rejudge", "boots", select=["moderation_verdicts"]).success
    assert tick(house) == []
    after = rows(house, VerdictRow), rows(house, SignalRow)
    for old, new in zip(before, after, strict=True):
        assert [vars_of(row) for row in new[: len(old)]] == [vars_of(row) for row in old]
    judged_twice = [row for row in after[0] if row.position == 1 and row.decided_by == "policy"]
    assert len(judged_twice) == 3 - len(decided)
    with transaction(house.database) as session:
        replayed = list(replay(session))
    assert len(replayed) == 3 + len(judged_twice)
    assert [each for each in replayed if each.differences or each.why_not] == []


def vars_of(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def test_a_new_revision_looks_at_what_persons_decided_too(house: House, present: dict[str, str]) -> None:
    house.family("boots")
    house.outside["open_classifiers"] = doubtful
    house.run("lifecycle", "boots", select=JUDGED)
    with transaction(house.database) as session:
        for image in queue.waiting(session, "boots"):
            decide(session, image.recipe_id, "reject", "tester", "quality/garbled")
    present["surface"] = "newer"

    @contextmanager
    def newer(policy: Policy) -> Iterator[Sequence[Classifier]]:
        with harmless(policy) as classifiers:
            for each in classifiers:
                if each.name == "surface":
                    each.revision = "newer"
            yield classifiers

    assert tick(house) == ["boots"]
    house.outside["open_classifiers"] = newer
    assert house.run("rejudge", "boots", select=["moderation_verdicts"]).success
    assert tick(house) == []
    assert house.standing("boots").rejected == 2
    assert sum(row.revision == "newer" for row in rows(house, SignalRow)) == 2


def test_a_family_under_way_is_not_asked_for_again(house: House, rewrite: Callable[[str, str], None]) -> None:
    house.family("boots")
    house.run("lifecycle", "boots", select=JUDGED)
    rewrite("approve = 0.97", "approve = 0.96")
    run = house.instance.create_run_for_job(
        house.definitions().resolve_job_def("rejudge"), tags={"wetplate/family": "boots"}
    )
    assert tick(house) == []
    house.instance.report_run_canceled(run)
    assert tick(house) == ["boots"]


def test_a_policy_that_cannot_be_read_is_told_and_stops_no_other(
    house: House, rewrite: Callable[[str, str], None]
) -> None:
    house.family("boots")
    house.run("lifecycle", "boots", select=JUDGED)
    with house.database.begin() as connection:
        lost = "UPDATE families SET definition = jsonb_set(definition, '{moderation,policy}', '\"lost\"')"
        connection.execute(text(lost))
    house.family("clogs")
    house.run("lifecycle", "clogs", select=JUDGED)
    rewrite("approve = 0.97", "approve = 0.96")
    with transaction(house.database) as session:
        found = rejudging.stale(session, limit=10)
    assert list(found.families) == ["clogs"]
    assert "lost" in found.refusals[0]


def test_a_broken_painting_fails_only_its_image(house: House) -> None:
    house.family("boots", "white", "black", "red")
    house.run("lifecycle", "boots", select=["recipes", "paintings"])
    one, other, _ = list(house.objects.list("paintings/"))
    house.objects.delete(one.key)
    kept = house.objects.get(other.key)
    house.objects.delete(other.key)
    house.objects.put(other.key, kept + b"\0", content_type="image/png")
    result = house.run("lifecycle", "boots", select=["moderation_verdicts"])
    assert result.success
    (event,) = result.get_asset_materialization_events()
    said = event.materialization.metadata
    assert said["judged"].value == 1
    assert len(said["unread"].value) == 2
    assert "audit samples" in said["audit"].value
    standing = house.standing("boots")
    assert standing.approved + standing.review == 1

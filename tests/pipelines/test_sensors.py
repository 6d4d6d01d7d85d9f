"""Sensors and schedules: each cursor case, and that nothing is lost or asked for twice."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, create_engine, text

from pipelines import schedules, sensors
from tests.lifecycle.stand_ins import doubtful
from tests.lifecycle.walk import approve_all
from tests.pipelines.conftest import House
from wetplate.errors import DatabaseUnavailable
from wetplate.publication import moves
from wetplate.storage import outbox
from wetplate.storage.database import transaction


def tick(house: House, sensor: dg.SensorDefinition, cursor: str | None = None, **instead: Any) -> Any:
    needed = {key: house.resources()[key] for key in sensor.required_resource_keys} | instead
    with dg.build_sensor_context(instance=house.instance, cursor=cursor, resources=needed) as context:
        return sensor(context)


def keys(result: Any) -> list[str]:
    return [request.run_key for request in result.run_requests]


def test_a_new_family_file_gets_its_partition_and_its_run(house: House) -> None:
    house.family("boots")
    first = tick(house, sensors.family_files_changed)
    assert [request.partition_key for request in first.run_requests] == ["boots"]
    assert first.dynamic_partitions_requests[0].partition_keys == ["boots"]
    assert isinstance(tick(house, sensors.family_files_changed, first.cursor), dg.SkipReason)


def test_a_family_that_returns_to_an_earlier_form_runs_again(house: House) -> None:
    """The run key holds the event, not the content: Dagster would drop a key it has seen."""
    seen, cursor = [], None
    for laces in (("white",), ("white", "red"), ("white",)):
        house.family("boots", *laces)
        result = tick(house, sensors.family_files_changed, cursor)
        seen += keys(result)
        cursor = result.cursor
    assert len(set(seen)) == 3


def test_a_broken_family_file_is_told_and_stops_no_other(house: House) -> None:
    house.family("boots")
    house.family("clogs")
    (house.families / "clogs" / "family.toml").write_text("title = 3")
    result = tick(house, sensors.family_files_changed)
    assert [request.partition_key for request in result.run_requests] == ["boots"]


def test_decisions_of_one_family_make_one_run(house: House) -> None:
    house.family("boots")
    house.outside["open_classifiers"] = doubtful
    house.run("lifecycle", "boots")
    assert approve_all(house.database, "boots") == 2
    result = tick(house, sensors.review_decided)
    assert len(result.run_requests) == 1
    assert result.run_requests[0].partition_key == "boots"
    assert keys(result) == [f"review-{result.cursor}"]
    assert isinstance(tick(house, sensors.review_decided, result.cursor), dg.SkipReason)
    assert keys(tick(house, sensors.review_decided, None)) == keys(result)
    assert house.run("after_decision", "boots").success
    assert house.standing("boots").published == 2
    with transaction(house.database) as session:
        open_work = session.execute(
            text("SELECT count(*) FROM outbox WHERE topic='review.decided' AND handled_at IS NULL")
        )
        assert open_work.scalar() == 0


def test_a_takedown_makes_a_run_of_its_own(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")
    approve_all(house.database, "boots")
    house.run("after_decision", "boots")
    with transaction(house.database) as session:
        for image in session.execute(text("SELECT canonical_id FROM publications")).scalars().all():
            moves.take_down(session, image, "tester", "trademark")
    result = tick(house, sensors.moderation_events)
    assert len(result.run_requests) == 2
    assert house.run("carry_out", run_config=result.run_requests[0].run_config).success


def test_what_nobody_finished_is_asked_for_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.family("boots")
    house.outside["open_classifiers"] = doubtful
    house.run("lifecycle", "boots")
    approve_all(house.database, "boots")
    assert isinstance(tick(house, sensors.leftover_decisions), dg.SkipReason)
    monkeypatch.setattr(sensors, "LEFT_OVER", timedelta(seconds=-1))
    result = tick(house, sensors.leftover_decisions)
    assert [request.partition_key for request in result.run_requests] == ["boots"]
    assert isinstance(tick(house, sensors.leftover_events), dg.SkipReason)


LEFT_OVER = {
    sensors.leftover_decisions: "review.decided",
    sensors.leftover_events: "image.withdrawn",
    sensors.leftover_notices: "notice.decided",
}


@pytest.fixture
def stuck(database: Engine, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Three events of each topic that nobody finishes; two are asked for in one tick."""
    monkeypatch.setattr(sensors, "LEFT_OVER", timedelta(seconds=-1))
    monkeypatch.setattr(sensors, "LEFT", 2)
    with transaction(database) as session:
        return {
            topic: [outbox.append(session, topic, key="a", family=f"f{each}").id for each in range(3)]
            for topic in LEFT_OVER.values()
        }


def test_what_always_fails_keeps_nothing_else_waiting(house: House, stuck: dict[str, list[int]]) -> None:
    """Batch after batch, then from the first again."""
    for sensor, topic in LEFT_OVER.items():
        cursor, asked = None, list[int]()
        for _ in range(3):
            result = tick(house, sensor, cursor)
            asked.append(len(result.run_requests))
            cursor = result.cursor
        assert (asked, cursor) == ([2, 1, 2], str(stuck[topic][1])), sensor.name


@pytest.mark.parametrize("sensor", sensors.ALL, ids=lambda sensor: sensor.name)
def test_without_postgres_a_tick_fails_by_name(house: House, sensor: dg.SensorDefinition) -> None:
    house.family("boots")
    gone = create_engine("postgresql+psycopg://app@/none?host=/nowhere")
    with pytest.raises(DatabaseUnavailable):
        tick(house, sensor, database=gone)


def night(house: House) -> list[Any]:
    with dg.build_schedule_context(
        instance=house.instance,
        scheduled_execution_time=datetime(2026, 11, 22, 2),
        resources={"database": house.database},
    ) as context:
        return [said for said in schedules.nightly_backfill(context) if isinstance(said, dg.RunRequest)]


def test_the_night_finds_families_with_work_left(house: House) -> None:
    assert night(house) == []
    house.family("boots", "white", "black", "red", images=2)
    house.run("lifecycle", "boots")
    requests = night(house)
    assert [request.partition_key for request in requests] == ["boots"]
    assert requests[0].run_key == "nightly-2026-11-22-boots"


def test_the_night_asks_for_at_most_so_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "PER_TICK", 2)
    for slug in ("boots", "clogs", "mules"):
        house.family(slug)
        house.run("lifecycle", slug, select=["recipes"])
    assert len(night(house)) == 2

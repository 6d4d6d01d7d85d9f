"""From a visitor's fast file to the production file: sensor, run, and what is asked for again."""

from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines import jobs, sensors
from tests.pipelines.conftest import House
from tests.pipelines.test_sensors import keys, tick
from tests.publication.images import published
from wetplate.derivatives import ondemand
from wetplate.derivatives.asked import Asked, Finished
from wetplate.derivatives.transform import read
from wetplate.storage.database import transaction
from wetplate.storage.objects import sha256

TEXTS = ("w96.avif", "w96.webp", "w64.jpg")


def asked_for(house: House) -> list[Asked]:
    with transaction(house.database) as session:
        image = published(session, house.objects)
        asked = [Asked(image, "boots", 1, read(each)) for each in TEXTS]
        for number, each in enumerate(asked):
            body = bytes(100 + number)
            made = Finished(body, sha256(body), each.transform.width, 64, 60)
            ondemand.keep(session, house.objects, each, made)
    return asked


def test_requests_are_refined_in_batches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_for(house)
    monkeypatch.setattr(sensors, "BATCH", 2)
    assert isinstance(tick(house, sensors.leftover_transforms), dg.SkipReason)
    first = tick(house, sensors.transforms_requested)
    second = tick(house, sensors.transforms_requested, first.cursor)
    batches = [result.run_requests[0].run_config["ops"]["refine_transforms"] for result in (first, second)]
    assert [len(batch["config"]["event_ids"]) for batch in batches] == [2, 1]
    assert keys(first) == [f"refine-{first.cursor}"] == keys(tick(house, sensors.transforms_requested))
    assert isinstance(tick(house, sensors.transforms_requested, second.cursor), dg.SkipReason)
    monkeypatch.setattr(sensors, "LEFT_OVER", timedelta(seconds=-1))
    assert len(tick(house, sensors.leftover_transforms).run_requests) == 1
    for result in (first, first, second):
        assert house.run("refine", run_config=result.run_requests[0].run_config).success
    with Session(house.database) as session:
        rows = [ondemand.find(session, each) for each in asked]
        assert [row and row.tier for row in rows] == ["production"] * 3
        undone = "SELECT count(*) FROM outbox WHERE topic = 'transform.requested' AND handled_at IS NULL"
        assert session.execute(text(undone)).scalar() == 0
    assert isinstance(tick(house, sensors.leftover_transforms), dg.SkipReason)
    shrunk(house, monkeypatch)
    forgotten(house, monkeypatch)


def shrunk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that the sweep goes on, a few rows at a time, until nothing is left of what is too much."""
    monkeypatch.setattr(ondemand, "BATCH", 1)
    monkeypatch.setenv("WETPLATE_TRANSFORM_STORE_BYTES", "0")
    assert list(house.objects.list("transforms/"))
    assert house.run("transform_sweep").success
    assert list(house.objects.list("transforms/")) == []
    assert count(house, "SELECT count(*) FROM transforms") == 0


def forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that news of files made on demand is forgotten when it is old, and no other."""
    about = "SELECT count(*) FROM outbox WHERE topic LIKE 'transform.%'"
    others = count(house, "SELECT count(*) FROM outbox") - count(house, about)
    assert house.run("retention").success
    assert count(house, about) == 6
    monkeypatch.setattr(jobs, "NEWS_KEPT", timedelta(seconds=-1))
    assert house.run("retention").success
    assert count(house, about) == 1, "the newest event of all stays"
    assert count(house, "SELECT count(*) FROM outbox") == others + 1


def count(house: House, query: str) -> int:
    with Session(house.database) as session:
        return int(session.execute(text(query)).scalar_one())


def test_requests_that_always_fail_keep_no_other_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for(house)
    monkeypatch.setattr(sensors, "BATCH", 2)
    monkeypatch.setattr(sensors, "LEFT_OVER", timedelta(seconds=-1))
    monkeypatch.setattr(sensors, "hour", lambda: "20260101T00")
    cursor, batches, asked = None, [], set()
    for _ in range(3):
        result = tick(house, sensors.leftover_transforms, cursor)
        cursor = result.cursor
        batches.append(result.run_requests[0].run_config["ops"]["refine_transforms"]["config"]["event_ids"])
        asked.update(keys(result))
    assert [len(batch) for batch in batches] == [2, 1, 2]
    assert batches[0] == batches[2]
    assert len(asked) == 2, "the same ones once an hour"

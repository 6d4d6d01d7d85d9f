"""The pipeline behind the origin's relay: what was not purged in time is purged by a run."""

from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import select

from pipelines import sensors
from tests.pipelines.conftest import House
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.storage import outbox
from wetplate.storage.database import transaction

IMAGE = "ef" * 32


def tick(house: House) -> Any:
    resources = {"database": house.database, "purgers": house.resources()["purgers"]}
    with dg.build_sensor_context(instance=house.instance, resources=resources) as context:
        return sensors.purges_overdue(context)


def withdraw(house: House) -> None:
    with transaction(house.database) as session:
        outbox.append(session, "image.withdrawn", key=IMAGE, family="boots", version=2)


def test_what_nobody_purged_is_purged_by_a_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    edge = MemoryCache()
    edge.keep("/images/x", f"i-{IMAGE[:32]}")
    withdraw(house)
    assert isinstance(tick(house), dg.SkipReason), "no cache is configured"
    house.outside["purgers"] = (edge,)
    assert isinstance(tick(house), dg.SkipReason), "the origin has a minute"
    monkeypatch.setattr(sensors, "RELAYED", timedelta())
    assert tick(house).run_requests[0].run_key.startswith("purge-")

    edge.down = True
    assert not house.run("purge").success
    assert edge.held
    edge.down = False
    with transaction(house.database) as session:
        for row in session.scalars(select(PurgeRow)):
            row.next_at -= timedelta(minutes=1)
    assert house.run("purge").success
    assert not edge.held
    assert isinstance(tick(house), dg.SkipReason)

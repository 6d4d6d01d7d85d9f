"""`/livez`, `/readyz`, `/metrics` as an orchestrator and Prometheus see them."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from tests.publication.images import derived
from wetplate import metrics
from wetplate.delivery.health import checks
from wetplate.delivery.health.checks import Check, Checks
from wetplate.delivery.health.endpoints import routes
from wetplate.delivery.health.exposition import Exposition, shared
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import DatabaseUnavailable, WetplateError
from wetplate.settings import ROOT
from wetplate.storage.memory import MemoryObjects

Get = Callable[[str], httpx.Response]


@pytest.fixture
def nobody() -> Engine:
    """A catalog that is away."""
    return create_engine("postgresql+psycopg://app@127.0.0.1:9/none", connect_args={"connect_timeout": 1})


def asked(path: str, told: dict[str, Check], exposition: Exposition) -> httpx.Response:
    """One request to an application of these three routes."""

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=routes(told, exposition)))
        async with httpx.AsyncClient(transport=transport, base_url="http://origin") as client:
            return await client.get(path)

    return anyio.run(get)


def refusing() -> str:
    raise WetplateError("the store is full; delete something")


def test_alive_means_that_the_process_answers(nobody: Engine) -> None:
    answer = asked("/livez", {"store": refusing}, Exposition(nobody))
    assert (answer.status_code, answer.text) == (200, "alive\n")
    assert answer.headers["cache-control"] == "no-store"


def test_ready_names_every_check(nobody: Engine) -> None:
    answer = asked("/readyz", {"a": lambda: "answers", "b": lambda: "12 ms"}, Exposition(nobody))
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {"a": {"ok": True, "says": "answers"}, "b": {"ok": True, "says": "12 ms"}},
    }


def test_one_refusal_is_not_ready_and_says_what_to_do(nobody: Engine) -> None:
    answer = asked("/readyz", {"a": lambda: "answers", "store": refusing}, Exposition(nobody))
    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()
    assert (said["ready"], said["checks"]["a"]["ok"]) == (False, True)
    assert said["checks"]["store"] == {"ok": False, "says": "the store is full; delete something"}


def test_a_check_that_hangs_is_reported_not_waited_for() -> None:
    began = time.monotonic()
    slow = Checks({"slow": lambda: str(time.sleep(0.4)), "quick": lambda: "fine"}, patience=0.05)
    found = anyio.run(slow.found)
    assert time.monotonic() - began < 0.35
    assert (found["slow"].ok, found["slow"].says) == (False, "no answer within 0.05 s")
    assert found["quick"].ok


def test_asking_often_asks_once() -> None:
    calls: list[int] = []
    told = Checks({"counted": lambda: str(calls.append(1))})

    async def crowd() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(told.found)

    anyio.run(crowd)
    assert len(calls) == 1


def test_the_catalog_and_the_store_are_looked_at(
    database: Engine, session: Session, objects: MemoryObjects
) -> None:
    assert checks.catalog(database)() == "answers"
    assert checks.store(database, objects)() == "nothing is derived yet"
    derived(session, objects)
    session.commit()
    assert "bytes of" in checks.store(database, objects)()
    for key in session.query(DerivativeRow.key).all():
        objects.delete(key[0])
    with pytest.raises(WetplateError, match="not in the store"):
        checks.store(database, objects)()


def test_a_catalog_that_is_away_is_named(nobody: Engine) -> None:
    with pytest.raises(DatabaseUnavailable):
        checks.catalog(nobody)()


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        (checks.news(lambda: 1.0, 30), checks.news(lambda: 31.0, 30), "no news of takedowns for 31 s"),
        (checks.workers(lambda: True), checks.workers(lambda: False), "no transform worker answers"),
    ],
    ids=["news", "workers"],
)
def test_limits_are_limits(good: Check, bad: Check, says: str) -> None:
    assert good()
    with pytest.raises(WetplateError, match=says):
        bad()


def test_a_full_queue_is_told_and_takes_no_server_out_of_rotation(nobody: Engine) -> None:
    told = {"some": checks.queue(lambda: 63, 64), "all": checks.queue(lambda: 64, 64)}
    answer = asked("/readyz", told, Exposition(nobody))
    assert answer.status_code == 200
    assert answer.json()["checks"]["some"]["says"] == "63 of 64 places taken"
    assert "full: add workers" in answer.json()["checks"]["all"]["says"]


def families(body: str) -> dict[str, float]:
    return {
        sample.name + "".join(sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def test_metrics_are_ours_the_process_s_and_the_catalog_s(database: Engine) -> None:
    metrics.PEAK_MEMORY.set(3)
    answer = asked("/metrics", {}, Exposition(database))
    told = families(answer.text)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert told["wetplate_transform_peak_memory_bytes"] == 3
    assert told["wetplate_catalog_up"] == 1
    assert told["wetplate_imagespublished"] == 0
    assert told["process_resident_memory_bytes"] > 0
    assert not [name for name in told if name.endswith("_created")]


def test_without_a_catalog_our_numbers_are_still_told(nobody: Engine) -> None:
    told = families(asked("/metrics", {}, Exposition(nobody)).text)
    assert told["wetplate_catalog_up"] == 0
    assert "wetplate_review_waiting" not in told
    assert "wetplate_transform_workers" in told


WORKER = """
import time
from wetplate import metrics
metrics.answers("derivative", "avif", 200).count(100, 0.001)
metrics.QUEUE_LENGTH.set(5)
metrics.NEWS_HEARD.set_to_current_time()
metrics.PEAK_MEMORY.set(1000)
"""


def test_the_numbers_of_all_workers_add_up_and_the_dead_are_forgotten(tmp_path: Path, nobody: Engine) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"left over")
    told = shared(tmp_path)
    lines = [sys.executable, "-c", WORKER]
    for worker in [subprocess.Popen(lines, cwd=ROOT, env=told | {"PYTHONPATH": str(ROOT)}) for _ in range(2)]:
        assert worker.wait(20) == 0
    assert list(tmp_path.glob("gauge_live*.db"))
    found = families(asked("/metrics", {}, Exposition(nobody, tmp_path)).text)
    assert found["wetplate_requests_total2xxavifderivative"] == 2
    assert found["wetplate_response_bytes_totalavif"] == 200
    assert found["wetplate_transform_peak_memory_bytes"] == 1000
    assert "wetplate_transform_queue_length" not in found, "both workers are dead: nothing waits"
    assert "wetplate_news_heard_timestamp_seconds" not in found

"""The relay hears of a commit and purges; without the catalog it waits."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, create_engine, text

from wetplate.delivery.purging import relay as module
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.delivery.purging.relay import Relay, go_round
from wetplate.storage import outbox
from wetplate.storage.database import transaction

IMAGE = "cd" * 32


def gone(url: str) -> int:
    return 410


def until(reached: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.005)
    return reached()


def withdraw(database: Engine, image: str = IMAGE) -> None:
    with transaction(database) as session:
        outbox.append(session, "image.withdrawn", key=image, family="boots", version=2)


def test_a_commit_is_heard_and_purged_at_once(database: Engine) -> None:
    edge = MemoryCache()
    edge.keep("/images/x", f"i-{IMAGE[:32]}")
    relay = Relay(database, [edge], gone, poll=0.2)
    relay.start()
    try:
        time.sleep(0.05)
        withdraw(database)
        assert until(lambda: not edge.held)
        edge.keep("/images/y", "i-" + "0" * 32)
        edge.down = True
        withdraw(database, "0" * 64)
        time.sleep(0.05)
        edge.down = False  # tried again by itself
        assert until(lambda: not edge.held)
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT pg_notify('wetplate_outbox', 'of something else')"))
    finally:
        relay.stop()
    assert not relay._thread.is_alive()


def test_several_relays_do_each_thing_once(database: Engine) -> None:
    edge = MemoryCache()
    relays = [Relay(database, [edge], gone, poll=0.05) for _ in range(3)]
    for relay in relays:
        relay.start()
    try:
        for number in range(12):
            withdraw(database, f"{number:032x}" * 2)
        assert until(lambda: {tag for tags in edge.purges for tag in tags if tag[0] == "i"} >= expected(12))
    finally:
        for relay in relays:
            relay.stop()
    told = [tag for tags in edge.purges for tag in tags if tag[0] == "i"]
    assert len(told) == len(set(told)) == 12


def expected(number: int) -> set[str]:
    return {f"i-{each:032x}" for each in range(number)}


def test_where_nothing_is_configured_nothing_runs(database: Engine) -> None:
    relay = Relay(database, [])
    relay.start()
    relay.stop()
    assert relay._thread.ident is None


def test_without_a_catalog_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AWAY", 0.01)
    relay = Relay(create_engine("postgresql+psycopg://app@/none?host=/nowhere"), [MemoryCache()], gone)
    relay.start()
    time.sleep(0.05)
    assert relay._thread.is_alive()
    relay.stop()


def test_a_round_goes_on_while_something_comes_on(database: Engine) -> None:
    for number in range(5):
        withdraw(database, f"{number:032x}" * 2)
    told = go_round(database, [MemoryCache()], gone)
    assert (told.purged, told.verified, told.settled) == (5, 5, 0)
    assert go_round(database, [MemoryCache()], gone).progress == 0

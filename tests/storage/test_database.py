"""Where the catalog is, and what happens to a transaction when Postgres goes away."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from wetplate.errors import DatabaseUnavailable, StorageError, StorageFull
from wetplate.recipes.tables import FamilyRow
from wetplate.settings import Settings, settings
from wetplate.storage import cluster, postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import catalog_url, engine, owner_url, transaction

Loss = Callable[[Settings, Server], None]


def family(slug: str) -> FamilyRow:
    return FamilyRow(slug=slug, title="", digest="", definition={})


def count(bound: Engine) -> int:
    with transaction(bound) as session:
        return session.scalar(select(func.count()).select_from(FamilyRow)) or 0


def test_a_good_end_commits(database: Engine) -> None:
    with transaction(database) as session:
        session.add(family("shoe"))
    assert count(database) == 1


def test_a_bad_end_rolls_back(database: Engine) -> None:
    with suppress(KeyError), transaction(database) as session:
        session.add(family("shoe"))
        session.flush()
        raise KeyError
    assert count(database) == 0


def test_a_broken_rule_stays_what_it_is(database: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(database) as session:
        session.add_all([family("shoe"), family("shoe")])


def test_a_dropped_engine_closes_its_connections(postgres_server: Server, database_name: str) -> None:
    count(engine(postgres_server.url("app", database_name)))
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    gc.collect()
    with postgres_server.connect() as connection:
        for _ in range(100):
            if connection.execute(query, (database_name,)).fetchone() == (0,):
                return
            time.sleep(0.05)
    pytest.fail("a connection stayed open")


@pytest.mark.parametrize("url", ["postgresql://app@/x", "postgresql+psycopg2://app@/x", "sqlite://"])
def test_only_the_tested_driver(url: str) -> None:
    with pytest.raises(StorageError, match="must start with"):
        engine(url)


def test_a_configured_catalog_wins() -> None:
    configured = replace(
        settings(), database_url="postgresql+psycopg://a", owner_url="postgresql+psycopg://o"
    )
    assert (catalog_url(configured), owner_url(configured)) == (configured.database_url, configured.owner_url)


def test_the_owner_of_a_configured_catalog_must_be_configured() -> None:
    with pytest.raises(DatabaseUnavailable, match="WETPLATE_OWNER_URL"):
        owner_url(replace(settings(), database_url="postgresql+psycopg://a"))


def test_without_a_server_the_way_out_is_named() -> None:
    for url in (catalog_url, owner_url):
        with pytest.raises(DatabaseUnavailable, match="wetplate db up"):
            url(settings())


def test_a_catalog_that_does_not_answer(tmp_path: Path) -> None:
    bound = engine(f"postgresql+psycopg://app:secret@/wetplate?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable, match=r"half-written.*wetplate db up") as refusal:
        count(bound)
    assert "secret" not in str(refusal.value)


def test_a_deadlock_is_told_as_what_it_is(database: Engine) -> None:
    with transaction(database) as session:
        session.add_all([family("a"), family("b")])
    both, refusals = threading.Barrier(2), []

    def touch(first: str, second: str) -> None:
        try:
            with transaction(database) as session:
                session.execute(text("SELECT 1 FROM families WHERE slug = :s FOR UPDATE"), {"s": first})
                both.wait(timeout=10)
                session.execute(text("SELECT 1 FROM families WHERE slug = :s FOR UPDATE"), {"s": second})
        except StorageError as refusal:
            refusals.append(str(refusal))

    racers = [threading.Thread(target=touch, args=order) for order in (("a", "b"), ("b", "a"))]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(refusals) == 1
    assert "deadlock detected" in refusals[0]
    assert "run this step again" in refusals[0]


def test_a_full_disk_is_told_as_what_it_is(database: Engine) -> None:
    full = text("DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$")
    with pytest.raises(StorageFull, match="no space left"), transaction(database) as session:
        session.execute(full)


@pytest.fixture
def server(shared: Settings) -> Server:
    """A durable server that the test may kill, with an empty catalog."""
    server = postgres.up(shared)
    with server.connect("wetplate") as connection:
        connection.execute("DELETE FROM families")
    return server


def immediate(shared: Settings, server: Server) -> None:
    cluster.stop(shared, server, mode="immediate")


def killed(shared: Settings, server: Server) -> None:
    os.kill(int((server.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    while cluster._lives(server):  # a backend that has not noticed yet would still commit
        time.sleep(0.01)


def backend_killed(shared: Settings, server: Server) -> None:
    with server.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")


@pytest.mark.slow
@pytest.mark.parametrize("loss", [immediate, killed, backend_killed])
def test_postgres_lost_in_the_middle_of_a_transaction(shared: Settings, server: Server, loss: Loss) -> None:
    bound = engine(catalog_url(shared))
    with transaction(bound) as session:
        session.add(family("before"))
    with pytest.raises(DatabaseUnavailable, match="Nothing is half-written"):
        lose(bound, lambda: loss(shared, server))
    postgres.up(shared)
    assert count(bound) == 1
    with transaction(bound) as session:
        session.add(family("after"))
    assert count(bound) == 2
    bound.dispose()


def lose(bound: Engine, loss: Callable[[], None]) -> None:
    """A transaction that writes, loses its server, and then wants to commit."""
    with transaction(bound) as session:
        session.add(family("lost"))
        session.flush()
        loss()


def test_a_session_may_also_find_out_by_a_query(shared: Settings, server: Server) -> None:
    bound = engine(catalog_url(shared))

    def asks() -> None:
        with transaction(bound) as session:
            session.add(family("lost"))
            session.flush()
            immediate(shared, server)
            session.scalars(select(FamilyRow)).all()

    with pytest.raises(DatabaseUnavailable):
        asks()
    with pytest.raises(DatabaseUnavailable):
        count(bound)
    postgres.up(shared)
    assert count(bound) == 0
    bound.dispose()

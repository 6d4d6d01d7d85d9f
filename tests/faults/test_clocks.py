"""Machines whose clocks differ by minutes: nothing counts early, is held twice, or waits for ever.

The clock of this process is moved (`ahead`); the database keeps its own. What a console does with holds is in
`tests/review/test_pages.py`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, select, text

from pipelines import sensors
from tests.conftest import NUMBERS, TEMPLATE
from tests.faults.clock import ahead
from tests.publication import images
from tests.review.desk import ADA, Desk
from wetplate.attestation.keys import fresh
from wetplate.delivery.notices.carrying_out import Reach, carry_out
from wetplate.delivery.purging import relay
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.delivery.purging.schedule import SETTLING
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.publication import moves
from wetplate.publication.notices import catalog, decisions, locate
from wetplate.retention.personal import Wrapping
from wetplate.review import app
from wetplate.review import decisions as people
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

SKEW = 5.0  # minutes
Settle = Callable[[Desk], None]


@pytest.fixture(scope="module")
def catalogue(postgres_server: Server) -> Iterator[Engine]:
    """A migrated database that the tests here share."""
    name = f"clocks_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    engine = create_engine(postgres_server.url("app", name))
    yield engine
    engine.dispose()
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def by_console(desk: Desk) -> None:
    app.count(desk)  # type: ignore[arg-type]  # it asks for a catalog and a store


def by_pipeline(desk: Desk) -> None:
    import dagster as dg

    resources = {"database": desk.database, "objects": desk.objects}
    with dg.build_sensor_context(resources=resources) as context:
        sensors.decisions_due(context)


@pytest.mark.parametrize("settle", [by_console, by_pipeline])
def test_nobody_whose_clock_is_ahead_cuts_the_time_to_undo_short(
    settle: Settle, catalogue: Engine, objects: MemoryObjects
) -> None:
    desk = Desk(catalogue, objects, 1)
    recipe = desk.say(0)
    task = desk.lease(ADA)
    assert task is not None
    said = (task.id, task.lease or 0, ADA)
    with ahead(-SKEW), transaction(catalogue) as session:  # who decides is behind, who counts is ahead
        people.propose(session, *said, "approve", "looks-right", undo_seconds=10)
    with ahead(SKEW):
        settle(desk)
    assert desk.verdict(recipe) == ("review", "policy")
    with transaction(catalogue) as session:
        assert people.undo(session, *said, seconds=600).proposed is None
        people.propose(session, *said, "approve", "looks-right", undo_seconds=0)
    with ahead(-SKEW):
        settle(desk)
    assert desk.verdict(recipe) == ("approve", f"person:{ADA.id}")


def withdrawn(database: Engine, objects: MemoryObjects) -> str:
    with transaction(database) as session:
        image = images.published(session, objects, slug=f"spare-{next(NUMBERS)}")
        moves.take_down(session, image, "test", "privacy")
    return image


def test_a_relay_whose_clock_is_ahead_repeats_no_purge_too_early(
    catalogue: Engine, objects: MemoryObjects
) -> None:
    assert timedelta(minutes=SKEW) > SETTLING
    withdrawn(catalogue, objects)
    cache = MemoryCache("ahead")
    relay.go_round(catalogue, [cache], lambda url: 410)
    with ahead(SKEW):
        assert relay.go_round(catalogue, [cache], lambda url: 410).settled == 0
    with transaction(catalogue) as session:
        session.execute(text("UPDATE purges SET next_at = now() WHERE target = 'ahead'"))
    with ahead(-SKEW):
        relay.go_round(catalogue, [cache], lambda url: 410)
    with transaction(catalogue) as session:
        mine = select(PurgeRow.settled_at).where(PurgeRow.target == "ahead")
        assert None not in session.scalars(mine).all()


@pytest.mark.parametrize("minutes", [SKEW, -SKEW])
def test_a_notice_decided_by_another_clock_is_carried_out_and_verified(
    minutes: float, catalogue: Engine, objects: MemoryObjects
) -> None:
    with transaction(catalogue) as session:
        image = images.published(session, objects, slug=f"spare-{next(NUMBERS)}")
        where, said = locate.pointed([image]), {"reason": "mine"}
        how = {"kind": "other", "said": said, "where": where, "actor": "stranger", "channel": "api"}
        notice = catalog.file(session, Wrapping((b"k" * 32,)), **how).notice.id  # type: ignore[arg-type]
    with ahead(minutes), transaction(catalogue) as session:
        decisions.decide(session, notice, "upheld", "person:first", "copyright")
    caches = (MemoryCache(f"clock {minutes}", url="https://edge.example"),)
    reach = Reach(catalogue, objects, caches, lambda url: 410, fresh())
    done = carry_out(reach, notice, "person:first")
    assert (done.state, done.left) == ("notified", "")

"""Postgres stopped with `-m immediate` in the middle: nothing is lost and nothing is done twice.

A server of the tests' own, durable as in production. It is stopped at the first moment (put, delete, commit)
of decisions that count, of a redaction and of a notice carried out, started again, stopped at the second
moment of what was left, and so on until the work ends by itself.
"""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.conftest import NUMBERS
from tests.faults.dying import NEVER, Dying
from tests.faults.rooms import Complaining, Deciding, Redacting, Room
from tests.faults.strangers import stranger
from tests.faults.test_killed import end
from wetplate.errors import StorageError
from wetplate.settings import Settings
from wetplate.storage import cluster, postgres
from wetplate.storage.cluster import Server
from wetplate.storage.memory import MemoryObjects

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def server(shared: Settings) -> Server:
    """Up, and one catalog in it to copy."""
    return postgres.up(shared)


def ready(server: Server, kind: type[Room], folder: Path) -> Room:
    name = f"restarted_{next(NUMBERS)}"
    postgres.create_database(server, name, "owner")
    postgres.migrate(server, name)
    made = kind(create_engine(server.url("app", name), pool_pre_ping=True), MemoryObjects(), folder)
    made.objects = Dying(made.objects)
    return made


def lost(room: Room, at: int, settings: Settings, server: Server) -> bool:
    """Whether the work lost its server at that moment; it is up again."""
    store = room.objects
    assert isinstance(store, Dying)
    store.left, store.strike = at, lambda: cluster.stop(settings, server, mode="immediate")
    try:
        with store.watched():
            room.work()
    except StorageError:
        pass
    struck, store.left = store.left > at, NEVER
    postgres.up(settings)
    return struck


@pytest.mark.parametrize("kind", [Deciding, Redacting, Complaining], ids=lambda kind: kind.__name__)
def test_a_server_that_is_stopped_at_every_moment(
    kind: type[Room], shared: Settings, server: Server, tmp_path: Path
) -> None:
    calm = ready(server, kind, tmp_path)
    calm.work()
    calm.work()
    wanted = end(calm)
    calm.database.dispose()
    room, stops = ready(server, kind, tmp_path), 0
    while lost(room, stops + 1, shared, server):
        stops += 1
        with stranger(room.database, room.objects) as outside:
            outside.nothing_leaks()
    room.work()
    assert stops >= kind.deaths
    assert end(room) == wanted
    room.database.dispose()

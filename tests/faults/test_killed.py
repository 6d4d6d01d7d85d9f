"""Killed before and after every put, delete and commit of redaction, adoption, sealing, decisions, notices.

Begun again it ends as if nothing had happened, every invariant holds, and at no moment on the way a stranger
gets a byte that is not public. By default a room dies at the first moment, then at the second of what was
left, and so on in one catalog; `-m slow` has it die once at every single moment, in a catalog of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests.conftest import NUMBERS, TEMPLATE
from tests.faults.dying import NEVER, Dying, Killed
from tests.faults.rooms import ROOMS, Room, Told
from tests.faults.strangers import Stranger, stranger
from wetplate.publication.verify import verify
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@contextmanager
def database(server: Server) -> Iterator[Engine]:
    """A migrated catalog, dropped in the end."""
    name = f"killed_{next(NUMBERS)}"
    postgres.create_database(server, name, "owner", TEMPLATE)
    engine = create_engine(server.url("app", name))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def opened(server: Server, kind: type[Room], folder: Path) -> Iterator[tuple[Room, Dying, Stranger]]:
    """A room that is ready, the store it will be cut off at, and a stranger at the door."""
    with database(server) as engine:
        made = kind(engine, MemoryObjects(), folder)
        store = made.objects = Dying(made.objects)
        with stranger(engine, store.inner) as outside:
            yield made, store, outside


def dies(room: Room, store: Dying, at: int) -> bool:
    """Whether the work was cut off at that moment."""
    store.left = at
    try:
        with store.watched():
            room.work()
    except Killed:
        return True
    finally:
        store.left = NEVER
    return False


def end(room: Room) -> Told:
    """What there is in the end; nothing is broken."""
    with transaction(room.database) as session:
        assert [found for found in verify(session, room.objects) if excused(found.rule)] == []
        return room.end(session)


def excused(rule: str) -> bool:
    """Events wait for a pipeline, and alt texts for a family file, that there are none of here."""
    return rule not in ("outbox_drained", "alt_text")


def undisturbed(server: Server, kind: type[Room], folder: Path) -> Told:
    """What there is when nothing was cut off, and when everything was done twice."""
    with database(server) as engine:
        room = kind(engine, MemoryObjects(), folder)
        room.work()
        room.work()
        return end(room)


@pytest.mark.parametrize("kind", [kind for kind in ROOMS if kind.brief], ids=lambda kind: kind.__name__)
def test_killed_again_and_again_it_ends_the_same(
    kind: type[Room], postgres_server: Server, tmp_path: Path
) -> None:
    wanted = undisturbed(postgres_server, kind, tmp_path)
    with opened(postgres_server, kind, tmp_path) as (room, store, outside):
        deaths = 0
        while dies(room, store, deaths + 1):
            deaths += 1
            outside.nothing_leaks()
        room.work()
        assert deaths >= kind.deaths
        assert end(room) == wanted


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ROOMS, ids=lambda kind: kind.__name__)
def test_killed_once_at_each_moment_it_ends_the_same(
    kind: type[Room], postgres_server: Server, tmp_path: Path
) -> None:
    wanted = undisturbed(postgres_server, kind, tmp_path)
    for moment in range(1, 500):
        with opened(postgres_server, kind, tmp_path) as (room, store, outside):
            died = dies(room, store, moment)
            outside.nothing_leaks()
            room.work()
            outside.nothing_leaks()
            assert end(room) == wanted, f"cut off at moment {moment}"
        if not died:
            break
    assert moment > kind.moments

"""A handful of the moments of `test_killed` with SIGKILL: no `finally`, no rollback, a connection cut off.

The process is forked when the room is ready and kills itself; whoever comes after is another process.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tests.faults.dying import Dying
from tests.faults.rooms import Adopting, Complaining, Deciding, Redacting, Room
from tests.faults.strangers import stranger
from tests.faults.test_killed import database, end, undisturbed
from wetplate.storage.cluster import Server
from wetplate.storage.local import LocalObjects

pytestmark = pytest.mark.slow

MOMENTS: dict[type[Room], tuple[int, ...]] = {
    Redacting: (2, 5, 9, 11),
    Adopting: (2, 4, 6),
    Deciding: (1, 2),
    Complaining: (2, 9, 16, 23),
}


@pytest.mark.parametrize("kind", MOMENTS, ids=lambda kind: kind.__name__)
def test_killed_for_real_it_ends_the_same(kind: type[Room], postgres_server: Server, tmp_path: Path) -> None:
    wanted = undisturbed(postgres_server, kind, tmp_path)
    with ready(kind, postgres_server, tmp_path) as room:
        for moment in MOMENTS[kind]:
            assert killed(room, moment) == signal.SIGKILL
            with stranger(room.database, room.objects) as outside:
                outside.nothing_leaks()
        room.work()
        assert end(room) == wanted


@contextmanager
def ready(kind: type[Room], server: Server, folder: Path) -> Iterator[Room]:
    with database(server) as engine:
        room = kind(engine, LocalObjects(folder / "store", folder / "store.key"), folder)
        if isinstance(room, Complaining):
            room.filed()
        yield room


def killed(room: Room, moment: int) -> int:
    """The signal by which a process died that worked in this room; 0 if it came to the end."""
    url = room.database.url
    room.database.dispose()
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1
    room.database = create_engine(url)
    room.objects = store = Dying(room.objects, moment, lambda: os.kill(os.getpid(), signal.SIGKILL))
    try:
        with store.watched():
            room.work()
    finally:
        os._exit(0)

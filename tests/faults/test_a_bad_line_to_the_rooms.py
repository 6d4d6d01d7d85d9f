"""Redaction, adoption, sealing and a notice carried out while the object store is busy, cut short or hung up.

At each moment of the work (put, delete, commit) the next request to the store meets the fault. What fails is
named; run again it ends as over a good line, and no stranger gets what is not public. The server is moto's.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine

from tests.faults.dying import NEVER, Dying
from tests.faults.proxy import Proxy, proxy
from tests.faults.rooms import Adopting, Complaining, Redacting, Room, Sealing
from tests.faults.strangers import stranger
from tests.faults.test_a_bad_line_to_the_store import stores
from tests.faults.test_killed import end, undisturbed
from wetplate.errors import StorageError
from wetplate.storage.cluster import Server
from wetplate.storage.s3 import S3Objects

#: Slow is slow and right; a put's answer has no body that could be cut short. Redactions wait without a word.
HARMLESS = ("slow", "truncate")
pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def line() -> Iterator[Proxy]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with proxy(*server.get_host_and_port()) as made:
        yield made
    server.stop()


@pytest.fixture
def store(line: Proxy) -> Iterator[S3Objects]:
    yield from stores(line, tries=1)


@pytest.mark.parametrize("kind", [Redacting, Adopting, Sealing, Complaining], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("fault", ["503", "reset", "lost", "truncate", "slow"])
def test_a_fault_after_every_moment(
    fault: str,
    kind: type[Room],
    line: Proxy,
    store: S3Objects,
    database: Engine,
    postgres_server: Server,
    tmp_path: Path,
) -> None:
    wanted = undisturbed(postgres_server, kind, tmp_path)
    room = kind(database, store, tmp_path)
    room.objects = dying = Dying(store, strike=lambda: line.break_next(fault))
    with stranger(database, store) as outside:
        faults, at, met = 0, 0, True
        while met:
            at += 1
            refused, met = meets(room, dying, at)
            line.break_next("none")
            faults += refused
            outside.nothing_leaks()
        room.work()
        outside.nothing_leaks()
    assert at > 2
    assert faults or kind is Redacting or fault in HARMLESS
    assert end(room) == wanted


def meets(room: Room, dying: Dying, at: int) -> tuple[bool, bool]:
    """Whether the work was refused, and whether it came as far as the fault at all."""
    dying.left, refused = at, False
    try:
        with dying.watched():
            room.work()
    except StorageError:
        refused = True
    met, dying.left = dying.left > at, NEVER
    return refused, met

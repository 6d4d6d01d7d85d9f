"""One real Varnish for all tests of the edge, in front of a scripted origin. Skipped where there is none."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.delivery.edge.scripted import Client, Origin, fresh
from wetplate.delivery.edge.varnish import Place, free_port, running
from wetplate.delivery.edge.vcl import Edge
from wetplate.settings import serving

TOKEN = "test-token"
MISSES = 400
#: Compile fast rather than well.
QUICK = {"cc_command": "exec cc -O0 -fpic -shared -Wl,-x -o %o %s"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("edge"))


@pytest.fixture(scope="package")
def origin() -> Iterator[Origin]:
    scripted = Origin()
    yield scripted
    scripted.close()


@pytest.fixture(scope="package")
def edge_port(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if shutil.which("varnishd") is None:
        pytest.skip("no varnishd here: apt-get install varnish varnish-modules")
    edge = Edge(origin.url, TOKEN, misses=MISSES, mark_seconds=30, probe_seconds=0.1)
    place = Place(tmp_path_factory.mktemp("edge"), free_port())
    with running(edge, place, serving(), **QUICK):
        yield place.port


@pytest.fixture
def edge(edge_port: int) -> Client:
    return Client(edge_port)


def purge(edge: Client, *tags: str) -> int:
    """Have these tags forgotten; gives of how many objects."""
    said = edge.ask("/", "PURGE", X_Wetplate_Token=TOKEN, xkey=" ".join(tags))
    assert said.status == 200, said
    return int(json.loads(said.body)["purged"])


@contextmanager
def away(origin: Origin, edge: Client) -> Iterator[None]:
    """The origin hangs up; at the end it is back, and the edge's probe has noticed."""
    origin.down()
    try:
        yield
    finally:
        origin.up()
        while edge.ask(fresh()).status != 200:
            time.sleep(0.02)

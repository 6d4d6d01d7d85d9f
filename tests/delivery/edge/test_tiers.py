"""A shield: the same rules between the origin and the edges, for edges only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.edge.conftest import QUICK, TOKEN
from tests.delivery.edge.scripted import PUBLIC, Answer, Client, Origin, fresh
from wetplate.delivery.edge.tiers import tiers
from wetplate.delivery.edge.varnish import Place, free_port, running
from wetplate.delivery.edge.vcl import Edge
from wetplate.settings import serving

EDGES = "127.0.5.0/24"


@pytest.fixture(scope="module")
def shield(edge_port: int, origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """As an edge sees it; `edge_port` only says that there is a Varnish."""
    shield = Edge(origin.url, TOKEN, name="shield", behind=(EDGES,), closed=True, misses=5)
    place = Place(tmp_path_factory.mktemp("shield"), free_port())
    with running(shield, place, serving(), **QUICK):
        yield Client(place.port, "127.0.5.1")


def test_it_answers_edges_only(shield: Client, origin: Origin) -> None:
    path = fresh()
    assert Client(shield.port, "127.0.0.1").ask(path).status == 403
    assert origin.of(path) == []
    assert shield.ask(path).status == 200


def test_it_tells_edges_what_strangers_are_not_told(shield: Client, origin: Origin) -> None:
    path = fresh()
    told = {"CDN-Cache-Control": PUBLIC["CDN-Cache-Control"], "Cache-Tag": "i-a", "Age": "40"}
    origin.answers[path] = Answer(headers=PUBLIC | told).tagged("i-a")
    for said in shield.ask_all([path] * 2):
        assert said.headers["surrogate-key"] == "i-a"
        assert said.headers["cdn-cache-control"] == PUBLIC["CDN-Cache-Control"]
        assert said.headers["cache-control"] == PUBLIC["Cache-Control"]
        assert "xkey" not in said.headers
    assert said.cache.startswith("wetplate-shield; hit; ttl=")


def test_the_origin_hears_of_the_client_and_not_of_the_edge(shield: Client, origin: Origin) -> None:
    path = fresh()
    shield.ask(path, X_Forwarded_For="9.9.9.9")
    assert origin.of(path)[0].headers["x-forwarded-for"] == "9.9.9.9"
    path = fresh()
    shield.ask(path, X_Forwarded_For="6.6.6.6, 9.9.9.9")
    assert origin.of(path)[0].headers["x-forwarded-for"] == "9.9.9.9", "the edge's word, not the client's"


def test_edges_are_not_throttled(shield: Client) -> None:
    assert {said.status for said in shield.ask_all([fresh() for _ in range(20)])} == {200}


def test_it_is_purged_like_an_edge(shield: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer().tagged("i-shielded")
    shield.ask(path)
    purger = Client(shield.port, "127.0.0.1")
    assert purger.ask("/", "PURGE", X_Wetplate_Token=TOKEN, xkey="i-shielded").body == b'{"purged":1}'
    assert not shield.ask(path).hit


def test_an_edge_alone_and_an_edge_behind_a_shield(tmp_path: Path) -> None:
    edge, place = Edge("http://127.0.0.1:3002", TOKEN), Place(tmp_path / "edge-3003", 3003)
    assert tiers(edge, place) == [(edge, place)]
    (shield, between), (front, where) = tiers(edge, place, 3004)
    assert (shield.name, shield.origin, shield.closed, between.port) == ("shield", edge.origin, True, 3004)
    assert (front.name, front.origin, front.closed, where) == ("edge", between.url, False, place)
    assert between.folder.parent == place.folder.parent

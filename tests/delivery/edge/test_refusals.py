"""What the edge refuses by itself, without the origin hearing of it."""

import json
from time import monotonic

import pytest

from tests.delivery.edge.conftest import MISSES
from tests.delivery.edge.scripted import IMAGE, Client, Origin, Said, fresh

FILE = f"/images/{IMAGE}/0123456789abcdef-320.avif"
BAD = [
    f"/images/{IMAGE}/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    f"{FILE}/..%2fpublic.css",
    f"{FILE}/..%5c",
    f"{FILE}%00",
    "/%c0%ae%c0%ae/",
    "//etc/passwd",
    f"/images//{IMAGE}",
    f"{FILE};.jpg",
    f"{FILE}.",
    f"{FILE}..",
    "/.git/config",
    "/images/.hidden",
    "/C:/windows",
    f"{FILE}%2577=320",
    f"{FILE}\\..\\x",
    f"{FILE}#x",
    "/images/٣٢٠",
    f"{FILE}&w=1",
    "/gallery/<script>",
    "/images/" + "a" * 505,
    "/" + "a/" * 30_000,
    "/" + "(a+)+" * 90,
    "*",
]


@pytest.mark.parametrize("path", BAD, ids=range(len(BAD)))
def test_what_is_no_path_of_ours_stops_here(edge: Client, origin: Origin, path: str) -> None:
    before = len(origin.asked)
    raw = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    said = edge.send(raw)
    assert said is not None
    assert said.status == 400
    assert len(origin.asked) == before
    if said.headers:  # else Varnish itself gave the line up
        assert said.headers["cache-control"] == "no-store"
        assert said.headers["content-type"] == "application/problem+json"
        assert json.loads(said.body)["status"] == 400


@pytest.mark.parametrize("raw", [b"\x00", b" ", b"\x7f", b"\x80", b"\t"], ids=repr)
def test_no_odd_byte_gets_through(edge: Client, origin: Origin, raw: bytes) -> None:
    before = len(origin.asked)
    said = edge.send(b"GET " + FILE.encode() + raw + b"x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert said is None or said.status == 400
    assert len(origin.asked) == before


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/metrics/x", "/readyz?x", "/metricsx"])
def test_what_operators_ask_is_not_there_for_strangers(edge: Client, origin: Origin, path: str) -> None:
    before = len(origin.asked)
    assert edge.ask(path).status == 404
    assert len(origin.asked) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "get"])
def test_only_reading(edge: Client, origin: Origin, method: str) -> None:
    before = len(origin.asked)
    said = edge.ask(FILE, method)
    assert (said.status, said.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert len(origin.asked) == before


def test_options_are_told_without_asking(edge: Client, origin: Origin) -> None:
    before = len(origin.asked)
    said = edge.ask(FILE, "OPTIONS", Origin="https://shop.example", Access_Control_Request_Method="GET")
    assert said.status == 204
    assert said.headers["allow"] == "GET, HEAD, OPTIONS"
    assert len(origin.asked) == before


def test_http_1_1_without_host(edge: Client) -> None:
    said = edge.send(f"GET {FILE} HTTP/1.1\r\n\r\n".encode())
    assert said is not None
    assert said.status == 400


def test_a_client_that_asks_for_too_much_that_is_not_there_yet(edge: Client, origin: Origin) -> None:
    """Hits stay free for it, and others are not concerned. What a minute allows comes back bit by bit."""
    greedy, began = Client(edge.port, "127.0.0.9"), monotonic()
    kept, given = fresh(), 1
    assert greedy.ask(kept).status == 200
    refused: list[Said] = []
    while not refused:
        said = greedy.ask_all([fresh() for _ in range(420)])
        refused = [each for each in said if each.status == 429]
        given += sum(each.status == 200 for each in said)
    assert MISSES <= given <= MISSES * (1 + (monotonic() - began) / 60) + 1
    assert int(refused[0].headers["retry-after"]) > 0
    assert refused[0].headers["cache-control"] == "no-store"
    assert greedy.ask(kept).hit
    assert edge.ask(fresh()).status == 200

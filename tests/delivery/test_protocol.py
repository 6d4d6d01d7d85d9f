"""The connection: what is answered at once is what ASGI answers, and nobody holds one for nothing."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.delivery.house import House
from wetplate.delivery import protocol

pytestmark = pytest.mark.xdist_group("origin")

OWN_ID = "X-Request-Id: by-way-of-asgi"


class Line:
    """A connection, byte by byte."""

    def __init__(self, house: House) -> None:
        place = urlsplit(house.url)
        self.socket = socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10)

    def send(self, *requests: str) -> None:
        self.socket.sendall("".join(f"{request}\r\n" for request in requests).encode())

    def receive(self, count: int) -> list[tuple[str, dict[str, str], bytes]]:
        """So many answers, each with status line, headers and body (none for 304)."""
        stream, answers = self.socket.makefile("rb"), []
        for _ in range(count):
            status = stream.readline().decode().strip()
            lines = iter(lambda: stream.readline().decode().strip(), "")
            headers = dict(line.split(": ", 1) for line in lines)
            answers.append((status, headers, stream.read(int(headers.get("content-length", 0)))))
        return answers

    def ended(self) -> bool:
        """Whether the other side closed, having said nothing more."""
        return self.socket.recv(1) == b""


@pytest.fixture
def line(origin_house: House) -> Iterator[Line]:
    made = Line(origin_house)
    yield made
    made.socket.close()


def request(path: str, *headers: str, version: str = "1.1") -> str:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: localhost", *headers, ""])


def lasting(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in headers.items() if name not in ("x-request-id", "date", "connection")
    }


def test_at_once_and_by_asgi_are_the_same(origin_house: House, line: Line) -> None:
    path, tag = origin_house.path(), f'If-None-Match: "{origin_house.file().sha256}"'
    origin_house.client.get(path)
    for conditions in ([], [tag]):
        line.send(request(path, *conditions), request(path, OWN_ID, *conditions))
        at_once, by_asgi = line.receive(2)
        assert at_once[1]["x-request-id"] != by_asgi[1]["x-request-id"] == "by-way-of-asgi"
        assert (at_once[0], lasting(at_once[1]), at_once[2]) == (by_asgi[0], lasting(by_asgi[1]), by_asgi[2])
        assert "date" in at_once[1]
    assert at_once[0] == "HTTP/1.1 304 Not Modified"


def test_requests_in_one_breath_are_answered_in_order(origin_house: House, line: Line) -> None:
    kept, missed = origin_house.path(), origin_house.path("jpeg")
    origin_house.client.get(kept)
    origin_house.origin.service.memory._drop(missed.encode())
    line.send(request(kept), request(missed), request("/nothing"), request(kept), request(kept, OWN_ID))
    answers = line.receive(5)
    assert [status.split(" ")[1] for status, _, _ in answers] == ["200", "200", "404", "200", "200"]
    assert [headers["content-type"] for _, headers, _ in answers] == [
        "image/avif", "image/jpeg", "application/problem+json", "image/avif", "image/avif",
    ]  # fmt: skip


def test_a_thousand_hits_may_wait_behind_one_miss(origin_house: House, line: Line) -> None:
    path, many = origin_house.path(), 1_500
    origin_house.client.get(path)
    line.send("\r\n".join([request("/livez"), *[request(path)] * many]))
    statuses = [status for status, _, _ in line.receive(1 + many)]
    assert statuses == ["HTTP/1.1 200 OK"] * (1 + many)


@pytest.mark.parametrize(("version", "header"), [("1.0", "A: b"), ("1.1", "Connection: close")])
def test_a_connection_that_is_to_end_ends(origin_house: House, line: Line, version: str, header: str) -> None:
    path = origin_house.path()
    origin_house.client.get(path)
    line.send(request(path, header, version=version))
    (answer,) = line.receive(1)
    assert answer[2] == origin_house.objects.get(origin_house.file().key)
    assert line.ended()


def test_an_endless_head_is_cut_off(origin_house: House, line: Line) -> None:
    line.socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    with suppress(ConnectionError):
        for number in range(40):
            line.socket.sendall(b"A-%d: %s\r\n" % (number, b"x" * 1_000))
            time.sleep(0.001)
    with suppress(ConnectionResetError):
        assert line.receive(1)[0][0] == "HTTP/1.1 431 Request Header Fields Too Large"
        assert line.ended()
    assert origin_house.client.get("/livez").status_code == 200


def test_a_request_that_does_not_come_is_not_waited_for(
    origin_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.05)
    silent, slow, second, body = (Line(origin_house) for _ in range(4))
    slow.socket.sendall(b"GET / HT")
    second.send(request("/livez"))
    second.receive(1)
    second.socket.sendall(b"GET /livez")
    body.socket.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf")
    assert body.receive(1)[0][0] == "HTTP/1.1 405 Method Not Allowed"
    for line in (silent, slow, second, body):
        assert line.ended()
        line.socket.close()

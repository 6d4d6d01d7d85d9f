"""One HTTP/1.1 request exactly as written, and its answer.

Ordinary clients tidy paths and headers; what is tested here is what a server makes of untidy ones.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from bench.delivery.installing import Absent


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body. Status 0: no answer came (connection cut, time out)."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def picture(self) -> bool:
        """It succeeded with an image."""
        return self.status in (200, 206) and self.type.startswith("image/")


def send(
    port: int,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    seconds: float = 30,
) -> Answer:
    """Send and read the whole answer. The path goes out byte by byte (UTF-8), never encoded."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as link:
            link.sendall("\r\n".join([*lines, "", ""]).encode())
            return _read(link, method)
    except (OSError, HTTPException):
        return Answer(0, {}, b"")


def good(answer: Answer, asked: str) -> bytes:
    """The body of a picture. Raises Absent: without it nothing can be measured."""
    if not answer.picture:
        raise Absent(f"{asked} answers {answer.status} {answer.type}: {answer.body[:200]!r}")
    return answer.body


def _read(link: socket.socket, method: str) -> Answer:
    response = HTTPResponse(link, method=method)
    try:
        response.begin()
        body = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
    finally:
        response.close()

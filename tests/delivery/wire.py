"""HTTP by hand, for tests that must send what clients would mend; and signed addresses to send."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.delivery.house import RING, House
from wetplate.delivery import urls
from wetplate.delivery.signing import KeyRing, sign
from wetplate.delivery.urls import OnDemand
from wetplate.derivatives.transform import read as transform

SIGNED = "w64.webp"


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Wire:
    """Speaks HTTP/1.1 byte by byte, a connection for each request."""

    house: House

    def ask(self, target: str | bytes, *headers: str, method: str = "GET", host: str = "localhost") -> Said:
        line = target if isinstance(target, bytes) else target.encode("utf-8")
        more = "".join(f"{header}\r\n" for header in headers).encode("latin-1")
        place = urlsplit(self.house.url)
        with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as line_out:
            line_out.sendall(
                method.encode() + b" " + line + b" HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
                b"Connection: close\r\n" + more + b"\r\n"
            )  # fmt: skip
            received = b"".join(iter(lambda: line_out.recv(65_536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        named = dict(each.split(": ", 1) for each in lines)
        return Said(int(status.split(" ")[1]), named, body)

    def status(self, target: str | bytes, *headers: str, **more: str) -> int:
        return self.ask(target, *headers, **more).status


def signed(image: str, *, expires: int | None = None, text: str = SIGNED, ring: KeyRing = RING) -> str:
    """A validly signed address."""
    target = OnDemand(image, 1, transform(text))
    return urls.write(sign(ring, target, expires=expires or int(time.time()) + 60))


def parts(address: str) -> tuple[str, str, str, str]:
    """Key id, expiry, MAC, and what is behind them."""
    _, _, token, rest = address.split("/", 3)
    key, expires, mac = token.split(".")
    return key, expires, mac, rest

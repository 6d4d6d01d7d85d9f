"""A small HTTP-aware TCP proxy that breaks what passes through it: for tests of a store behind a bad line.

`proxy(host, port)` runs it in a thread on a free port of loopback. `fault` chooses what happens to the next
connections: `none`; `503` (answers SlowDown itself); `slow` (a pause before the answer); `truncate` (cuts the
answer off in the middle of its body); `reset` (hangs up on the request); `lost` (sends the request on, hears
the answer and hangs up: what was asked for happened, and nobody says so). `count` limits how many are hit.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 65_536
SAYS = b"<Error><Code>SlowDown</Code><Message>come back later</Message></Error>"
BUSY = b"HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(SAYS), SAYS)
HEAD_END = b"\r\n\r\n"


@dataclass
class Proxy:
    """What is broken just now, and how often it still will be."""

    endpoint: str = ""
    fault: str = "none"
    count: int = 1_000_000
    pause: float = 0.3
    hit: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def break_next(self, fault: str, count: int = 1) -> None:
        """Have the next so many requests meet this fault."""
        with self._lock:
            self.fault, self.count, self.hit = fault, count, 0

    def chosen(self) -> str:
        """The fault of one request."""
        with self._lock:
            if self.fault == "none" or self.hit >= self.count:
                return "none"
            self.hit += 1
            return self.fault


@contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """A running proxy in front of this address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        made = Proxy(f"http://127.0.0.1:{door.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(door, made, host, port), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _serve(door: socket.socket, made: Proxy, host: str, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = door.accept()
            threading.Thread(target=_handle, args=(client, made, host, port), daemon=True).start()


def _handle(client: socket.socket, made: Proxy, host: str, port: int) -> None:
    """One request a connection: the answer always closes it."""
    with closing(client), suppress(OSError):
        fault = made.chosen()
        if fault == "reset":
            client.recv(PIECE)
            return
        request = _message(client, expecting=True)
        if not request:
            return
        if fault == "503":
            client.sendall(BUSY)
            return
        with socket.create_connection((host, port), 10) as server:
            server.sendall(_closing(request))
            answer = _rest(server)
        if fault == "lost":
            return
        if fault == "slow":
            threading.Event().wait(made.pause)
        client.sendall(answer[: _middle(answer)] if fault == "truncate" else answer)


def _message(line: socket.socket, *, expecting: bool) -> bytes:
    """A whole request: head and as much body as it announces."""
    read = b""
    while HEAD_END not in read:
        piece = line.recv(PIECE)
        if not piece:
            return b""
        read += piece
    head, _, body = read.partition(HEAD_END)
    if expecting and b"expect: 100-continue" in head.lower():
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = _length(head)
    while len(body) < length:
        body += line.recv(PIECE)
    return head + HEAD_END + body


def _length(head: bytes) -> int:
    for each in head.split(b"\r\n")[1:]:
        name, _, value = each.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _closing(request: bytes) -> bytes:
    """The request, with a wish that the server closes after its answer, and without one for 100 Continue."""
    head, _, body = request.partition(HEAD_END)
    dropped = (b"connection:", b"expect:")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(dropped)]
    return b"\r\n".join([*kept, b"Connection: close"]) + HEAD_END + body


def _rest(line: socket.socket) -> bytes:
    pieces = []
    while piece := line.recv(PIECE):
        pieces.append(piece)
    return b"".join(pieces)


def _middle(answer: bytes) -> int:
    head = answer.find(HEAD_END) + len(HEAD_END)
    return head + (len(answer) - head) // 2

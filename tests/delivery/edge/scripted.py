"""A scripted origin that records what it is asked, and a client that sends what no library would."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

PUBLIC = {
    "Content-Type": "image/avif",
    "Cache-Control": "public, max-age=60, stale-while-revalidate=30",
    "CDN-Cache-Control": "public, max-age=86400, stale-while-revalidate=60",
}
IMAGE = "ab" * 32
NUMBERS = count(1)


def fresh(prefix: str = "/images") -> str:
    """A path nobody has asked for yet."""
    return f"{prefix}/{IMAGE}/{next(NUMBERS):016x}-320.avif"


@dataclass
class Answer:
    """What to answer, after `delay` seconds."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(PUBLIC))
    body: bytes = b"0123456789"
    delay: float = 0.0

    def tagged(self, *tags: str) -> "Answer":
        return Answer(self.status, self.headers | {"Surrogate-Key": " ".join(tags)}, self.body, self.delay)

    def text(self, method: str) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Scripted", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        body = b"" if method == "HEAD" else self.body
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Asked:
    """One request as the origin got it; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]


class Origin:
    """Answers what the test says; unknown paths get a public file."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen, on the same port as before."""
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(5)

    def down(self) -> None:
        """Hang up and listen no more."""
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(5)

    def close(self) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def of(self, path: str) -> list[Asked]:
        """What was asked of this path."""
        return [asked for asked in self.asked if asked.path == path]

    async def _up(self) -> None:
        self._server = await asyncio.start_server(self._line, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        assert self._server is not None
        self._server.close()
        for line in list(self._lines):
            line.transport.abort()
        await asyncio.sleep(0.01)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while True:
                asked = _read(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.get(asked.path, Answer())
                if asked.path != "/livez":
                    self.asked.append(asked)
                if answer.delay:
                    await asyncio.sleep(answer.delay)
                known = answer.headers.get("ETag", "none") == asked.headers.get("if-none-match")
                writer.write(
                    replace(answer, status=304, body=b"").text("GET") if known else answer.text(asked.method)
                )
                if asked.headers.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._lines.discard(writer)
            writer.close()


def _read(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines if line)
    return Asked(method, path, {name.lower(): value for name, value in headers.items()})


@dataclass(frozen=True)
class Said:
    """One answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    @property
    def cache(self) -> str:
        """What this hop says of itself in Cache-Status."""
        return self.headers.get("cache-status", "").split(", ")[-1]

    @property
    def hit(self) -> bool:
        return "; hit" in self.cache


@dataclass(frozen=True)
class Client:
    """Asks a cache; `source` is the address it comes from (all of 127/8 is this machine)."""

    port: int
    source: str = "127.0.0.1"

    def ask(self, path: str, method: str = "GET", /, **headers: str) -> Said:
        return self.ask_all([path], method, **headers)[0]

    def ask_all(self, paths: Sequence[str], method: str = "GET", /, **headers: str) -> list[Said]:
        """Ask for these one after the other without waiting, on one line."""
        named = {"Host": "images.example"} | {name.replace("_", "-"): said for name, said in headers.items()}
        said = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        sent = "".join(f"{method} {path} HTTP/1.1\r\n{said}\r\n" for path in paths)
        with self.line() as line:
            threading.Thread(target=line.sendall, args=(sent.encode("latin-1"),)).start()
            with line.makefile("rb") as stream:
                return [_answer(stream, method) for _ in paths]

    def send(self, raw: bytes) -> Said | None:
        """Send these very bytes; None if the other side hangs up without a word."""
        with self.line() as line:
            line.sendall(raw)
            with line.makefile("rb") as stream:
                return _answer(stream, "GET") if stream.peek(1) else None

    def line(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10, (self.source, 0))


def _answer(stream, method: str) -> Said:  # type: ignore[no-untyped-def]
    status = int(stream.readline().split(b" ")[1])
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(": ")
        assert name.lower() not in headers, f"{name} twice"
        headers[name.lower()] = value
    if method == "HEAD" or status in (204, 304):
        return Said(status, headers)
    if headers.get("transfer-encoding") == "chunked":
        return Said(status, headers, b"".join(_chunks(stream)))
    return Said(status, headers, stream.read(int(headers.get("content-length", 0))))


def _chunks(stream) -> Iterator[bytes]:  # type: ignore[no-untyped-def]
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


def statuses(said: Sequence[Said]) -> Counter[int]:
    return Counter(each.status for each in said)

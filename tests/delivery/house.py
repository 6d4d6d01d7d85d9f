"""A running origin over a real Postgres and a store in memory, with published images in it.

`house(database)` is what a test opens: the application on a real uvicorn at a free port (`served`), and a
client of it. `conftest.py` shares one among all tests that leave its image as it is.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine

from tests.publication import images
from wetplate.attestation.keys import fresh
from wetplate.cli.serve import server
from wetplate.delivery.app import Origin, app
from wetplate.delivery.signing import KeyRing, expiry, sign
from wetplate.delivery.standing import File, Standing, read
from wetplate.delivery.urls import OnDemand, Published, write
from wetplate.derivatives.transform import read as transform
from wetplate.publication import moves, takedown
from wetplate.retention.personal import Wrapping
from wetplate.settings import Serving, serving
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

KEY = fresh()
WRAPPING = Wrapping((b"a wrapping key of thirty-two b.!",))
RING = KeyRing({"old": b"an old key of sixteen", "new": b"a new key of sixteen!"}, "new")


@dataclass
class House:
    """Everything a test of the origin touches."""

    database: Engine
    objects: MemoryObjects
    origin: Origin
    url: str
    client: httpx.Client
    image: str
    draft: str
    ring: KeyRing = RING
    spare: Iterator[int] = field(default_factory=count)

    def standing(self, image: str | None = None) -> Standing:
        """Where the image stands, as the catalog says."""
        with transaction(self.database) as session:
            return read(session, [image or self.image])[image or self.image]

    def file(self, format: str = "avif", width: int = 128, image: str | None = None) -> File:
        """One of its files."""
        files = self.standing(image).files.values()
        return next(file for file in files if (file.format, file.width) == (format, width))

    def path(self, format: str = "avif", width: int = 128, image: str | None = None, **said: Any) -> str:
        """Where one of its files is served."""
        image = image or self.image
        return write(Published(image, self.file(format, width, image).name, **said))

    def signed(self, image: str, text: str = "w128.avif", seconds: int = 60, version: int = 1) -> str:
        """A signed address, good for so many seconds."""
        target = OnDemand(image, version, transform(text))
        return write(sign(self.ring, target, expires=expiry(time.time(), seconds)))

    def another(self, slug: str | None = None) -> str:
        """One more published image, for a test that withdraws it; of a family of its own if none is named."""
        with transaction(self.database) as session:
            return images.published(session, self.objects, 0, slug or f"spare-{next(self.spare)}")

    def take_down(self, image: str, reason: str = "privacy", *, execute: bool = True) -> None:
        """Withdraw it, as `wetplate takedown` does."""
        with transaction(self.database) as session:
            moves.take_down(session, image, "test", reason)
        if execute:
            with transaction(self.database) as session:
                takedown.execute(session, self.objects, image)

    def move(self, call: Callable[..., object], image: str, *said: object) -> None:
        """Any other move."""
        with transaction(self.database) as session:
            call(session, image, "test", *said)

    def until(self, path: str, status: int, seconds: float = 5.0) -> httpx.Response:
        """Ask until it answers so: news take milliseconds."""
        began = time.monotonic()
        while (answer := self.client.get(path)).status_code != status:
            assert time.monotonic() - began < seconds, f"{path} still answers {answer.status_code}"
            time.sleep(0.002)
        return answer


@contextmanager
def house(database: Engine, **settings: Any) -> Iterator[House]:
    """An origin with one published image and one draft; `settings` replace those of `Serving`."""
    objects = MemoryObjects()
    with transaction(database) as session:
        image, draft = images.published(session, objects), images.derived(session, objects, 1)
    origin = app(database, objects, configured(**settings), RING, vouching=(KEY,), wrapping=WRAPPING)
    with served(origin) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield House(database, objects, origin, url, client, image, draft)


def configured(**settings: Any) -> Serving:
    """Small, and one worker."""
    return replace(serving(), **{"workers": 1, "memory_bytes": 8 * 2**20, **settings})


@contextmanager
def served(origin: Any) -> Iterator[str]:
    """The application on a real uvicorn, as `wetplate serve` runs it; gives its URL."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(origin, access_log=False, **{**server(), "factory": False, "log_level": "error"})
    running = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: running.run([listening]), daemon=True)
    thread.start()
    began = time.monotonic()
    while not running.started:
        assert time.monotonic() - began < 20, "uvicorn did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()

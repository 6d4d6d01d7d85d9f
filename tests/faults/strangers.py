"""What strangers can reach: a real origin is asked for everything that is known of images and objects.

`nothing_leaks` is what holds at any moment of any fault: of an image that is not public no file is answered,
and no key of the store is an address.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from sqlalchemy import Engine, select

from tests.delivery.house import RING, configured, served
from wetplate.delivery.app import app
from wetplate.delivery.urls import Published, write
from wetplate.derivatives.tables import DerivativeRow
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

SHUT = (400, 404, 410, 451)
HEARD = 2.0  # seconds within which news of a commit must have arrived, on a busy machine


@dataclass
class Stranger:
    """Somebody outside, before a running origin."""

    database: Engine
    objects: Objects
    client: httpx.Client
    asked: set[str] = field(default_factory=set)

    def nothing_leaks(self) -> int:
        """Ask for everything; gives how many files are public, which all answer."""
        offered, kept = self._files()
        for path in kept:
            self._shut(path)
        for path in offered:
            assert self.client.get(path).status_code == 200, f"{path} is not answered"
        for key in {entry.key for entry in self.objects.list()} - self.asked:
            self.asked.add(key)
            for path in (f"/{key}", f"/images/{key}", f"/gallery/{key}"):
                assert self.client.get(path).status_code in SHUT, f"{path} is answered"
        return len(offered)

    def _shut(self, path: str) -> None:
        """Not answered, as soon as the origin has heard of it."""
        began = time.monotonic()
        while self.client.get(path).status_code not in SHUT:
            assert time.monotonic() - began < HEARD, f"{path} is answered"
            time.sleep(0.005)

    def _files(self) -> tuple[list[str], list[str]]:
        """Addresses of what is public, and of what is not."""
        state = select(PublicationRow.state).where(PublicationRow.canonical_id == DerivativeRow.canonical_id)
        query = select(DerivativeRow.canonical_id, DerivativeRow.name, state.scalar_subquery())
        offered: list[str] = []
        kept: list[str] = []
        with transaction(self.database) as session:
            for image, name, standing in session.execute(query):
                public = standing is not None and State(standing).public
                (offered if public else kept).append(write(Published(image, name)))
        return offered, kept


@contextmanager
def stranger(database: Engine, objects: Objects) -> Iterator[Stranger]:
    """Before an origin that has just been started: it remembers nothing."""
    origin = app(database, objects, configured(), RING)
    with served(origin) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield Stranger(database, objects, client)

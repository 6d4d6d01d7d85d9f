"""Transforms while somebody waits: the one door that the origin knocks at.

Here: who waits for whom inside this process, and how many may. Not here: one piece of work (`making`),
processes (`workers`), how much anybody may ask for (`throttles`).

Rules:
1. What stands is handed out before anything is made, the production file before the fast one.
2. Everybody in this process who wants the same file waits for one piece of work; a client that leaves takes
   nothing with it.
3. Only work that nobody has started counts against a client, and waits in a queue with an end: then it is
   429, with the seconds after which there should be room.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil
from time import perf_counter
from typing import TypeVar

from sqlalchemy import Engine

from wetplate import metrics
from wetplate.delivery.transforms.flights import Flights
from wetplate.delivery.transforms.making import Making
from wetplate.delivery.transforms.rendered import Rendered
from wetplate.delivery.transforms.throttles import Throttles
from wetplate.delivery.transforms.worker import Failed
from wetplate.delivery.transforms.workers import Workers
from wetplate.derivatives.asked import Asked
from wetplate.derivatives.transform import Transform
from wetplate.errors import Busy, TransformFailed
from wetplate.settings import Serving
from wetplate.storage.objects import Objects

__all__ = ["Rendered", "Transforms"]

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_WORKERS = 4
READERS = 8
WEIGHT = 0.1  # of the newest duration in the mean
FIRST_GUESS = 0.1
LONGEST_RETRY = 60


class Transforms:
    """Makes transforms, or hands out what stands. `start` before, `stop` after; one per process."""

    def __init__(
        self, database: Engine, objects: Objects, serving: Serving, workers: Workers | None = None
    ) -> None:
        """`workers`: those of somebody else, who starts and stops them; None: of our own."""
        self._count = serving.workers or min(os.cpu_count() or 1, MOST_WORKERS)
        self._queue = serving.queue
        limits = {"memory": serving.transform_memory, "seconds": serving.transform_seconds}
        self._workers, self._lent = workers or Workers(self._count, **limits), workers is not None
        self._making = Making(database, objects, self._workers.make, seconds=serving.transform_seconds)
        self._throttles = Throttles(serving.per_client, serving.per_image)
        self._looks: Flights[Rendered | None] = Flights()
        self._work: Flights[Rendered] = Flights()
        self._threads: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._waiting, self._mean = 0, FIRST_GUESS

    async def start(self) -> None:
        """Start the workers and wait until each has answered."""
        if not self._lent:
            await asyncio.to_thread(self._workers.start)
        self._threads = ThreadPoolExecutor(self._count, "transform")
        self._readers = ThreadPoolExecutor(READERS, "standing transforms")

    async def stop(self) -> None:
        """Let work under way end, refuse new work, end the workers."""
        threads, readers = self._threads, self._readers
        self._threads = self._readers = None
        await self._looks.land()
        await self._work.land()
        for each in (threads, readers):
            if each is not None:
                each.shutdown()
        if not self._lent:
            await asyncio.to_thread(self._workers.stop)

    def alive(self) -> bool:
        """Whether work can be taken and a worker answers, which takes a moment: for `/readyz`."""
        return self._threads is not None and self._workers.alive()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a worker: for `/readyz`."""
        return self._waiting

    async def rendered(
        self,
        image: str,
        family: str,
        version: int,
        transform: Transform,
        *,
        client: str = "",
        store: bool = True,
    ) -> Rendered:
        """The transform of the image at this security version.

        `client` is who is throttled (`clients.client`); empty: nobody. `store=False` (signed addresses) makes
        the file without looking at what stands, and keeps nothing.

        Raises Busy, TransformFailed, ImageGone, NotServed, ImageUnknown, StoreUnfaithful, StorageError.
        """
        asked = Asked(image, family, version, transform)
        if store and (found := await self._standing(asked)) is not None:
            return found
        about, work = (asked, store), self._making.kept if store else self._making.passing
        if about in self._work:
            with metrics.WAITERS.track_inprogress():
                return replace(await self._work.join(about, _never), cache="coalesced")
        self._admit(client, image)
        self._waits(+1)
        return await self._work.join(about, lambda: self._run(work, asked))

    def run(self, work: Callable[[Task], Result | Failed], task: Task) -> Result:
        """Other work on a stranger's picture, in the next idle worker; it blocks. Raises TransformFailed."""
        return self._workers.run(work, task)

    async def _standing(self, asked: Asked) -> Rendered | None:
        return await self._looks.join(asked, lambda: self._in(self._readers, self._making.standing, asked))

    def _admit(self, client: str, image: str) -> None:
        """Return if one more piece of work may wait. Raises Busy."""
        if self._waiting >= self._queue:
            metrics.TRANSFORM_REJECTED.bound("queue_full").inc()
            raise Busy("queue_full", "too many pictures are being made; ask again", retry_after=self._clear())
        try:
            self._throttles.admit(client, image)
        except Busy:
            metrics.TRANSFORM_REJECTED.bound("rate_limit").inc()
            raise

    def _clear(self) -> int:
        """In how many seconds the queue should be empty."""
        return min(LONGEST_RETRY, max(1, ceil(self._waiting * self._mean / self._count)))

    async def _run(self, work: Callable[[Asked], Rendered], asked: Asked) -> Rendered:
        """The work, in its turn; counted."""
        loop, queued, begun = asyncio.get_running_loop(), perf_counter(), list[float]()

        def in_turn(asked: Asked) -> Rendered:
            begun.append(perf_counter())
            loop.call_soon_threadsafe(self._waits, -1)
            with metrics.IN_PROGRESS.track_inprogress():
                return work(asked)

        try:
            done = await self._in(self._threads, in_turn, asked)
        except TransformFailed as error:
            metrics.TRANSFORM_ERRORS.bound(error.reason).inc()
            raise
        finally:
            if begun:
                self._mean += WEIGHT * (perf_counter() - begun[0] - self._mean)
            else:
                self._waits(-1)
        done = replace(done, seconds={"queue": begun[0] - queued, **done.seconds})
        _count(done, asked.transform.format)
        return done

    async def _in(
        self, threads: ThreadPoolExecutor | None, work: Callable[[Asked], Result], asked: Asked
    ) -> Result:
        if threads is None:
            raise Busy("queue_full", "this server is starting or stopping; ask again", retry_after=1)
        return await asyncio.get_running_loop().run_in_executor(threads, work, asked)

    def _waits(self, change: int) -> None:
        self._waiting += change
        metrics.QUEUE_LENGTH.set(self._waiting)


def _count(done: Rendered, format: str) -> None:
    for stage, seconds in done.seconds.items():
        metrics.TRANSFORM_SECONDS.bound(stage, format, done.tier).observe(seconds)


async def _never() -> Rendered:
    raise AssertionError("the work was under way a moment ago, and nothing waited in between")

"""Standings kept at hand: read on demand, many in one question, dropped by news.

Here: keeping, waiting, forgetting. Not here: what a standing is and how it is read (`standing`), who hears of
changes (`news`).

Rules:
1. One question to the catalog at a time, for up to BATCH images, off the event loop: however many strangers
   ask for however many images, the catalog sees one connection. Nobody asks twice for what is being asked.
2. What was told of an image while it was being read makes that reading void: it is read again, so that a
   reading that began before a takedown is never kept nor given after it.
3. What is kept is bounded by weight, what is known not to exist by number and by time, who waits by number:
   random ids fill nothing.
4. Only the event loop touches it: no locks. A reading fails for those who wait for it, and is kept by nobody.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import islice
from time import monotonic

from wetplate.delivery.standing import NOT_THERE, Standing
from wetplate.errors import Busy, NotServed

BATCH = 256
MOST_WAITING = 4_096
MOST_WEIGHT = 100_000  # files; 60 MB, or 6,000 images of 15 files: what memory holds needs none of them
MOST_ABSENT = 20_000
ABSENT_SECONDS = 2.0
REREAD_SECONDS = 1.0

Read = Callable[[Sequence[str]], Mapping[str, Standing]]


class Ledger:
    """The standings this process knows."""

    def __init__(self, read: Read, threads: Executor, *, most: int = MOST_WEIGHT) -> None:
        self._read, self._threads, self._most = read, threads, most
        self._kept: OrderedDict[str, tuple[Standing, float]] = OrderedDict()
        self._weight = 0
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Standing]] = {}
        self._told: set[str] = set()
        self._reading: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, image: str) -> Standing | None:
        """What is kept of the image, without asking anybody."""
        kept = self._kept.get(image)
        return kept[0] if kept else None

    async def of(self, image: str) -> Standing:
        """Where the image stands. Raises NotServed, Busy, and what reading raises (StorageError)."""
        if (kept := self._kept.get(image)) is not None:
            self._kept.move_to_end(image)
            return kept[0]
        if self._absent.get(image, 0.0) > monotonic():
            raise NotServed(NOT_THERE)
        return await asyncio.shield(self._asked(image))

    async def renewed(self, seen: Standing) -> Standing:
        """The standing anew if the one seen is not of this second: files may have been added without news."""
        kept = self._kept.get(seen.image)
        if kept is not None and kept[0] is seen and kept[1] < monotonic() - REREAD_SECONDS:
            self._drop(seen.image)
        return await self.of(seen.image)

    def forget(self, image: str) -> None:
        """News about the image: what is kept is void, and what is being read as well."""
        self._drop(image)
        self._absent.pop(image, None)
        if image in self._waiting:
            self._told.add(image)

    def clear(self) -> None:
        """Forget everything: nobody can say what happened meanwhile."""
        self._kept.clear()
        self._absent.clear()
        self._weight = 0
        self._told.update(self._waiting)

    def _asked(self, image: str) -> asyncio.Future[Standing]:
        if (waiting := self._waiting.get(image)) is not None:
            return waiting
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("queue_full", "too many images are being looked up; ask again", retry_after=1)
        asked = self._waiting[image] = asyncio.get_running_loop().create_future()
        asked.add_done_callback(_heeded)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        return asked

    async def _read_all(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := list(islice(self._waiting, BATCH)):
            self._told.clear()
            try:
                found = await loop.run_in_executor(self._threads, self._read, batch)
                for image in batch:
                    if image not in self._told:
                        self._settle(image, found.get(image))
            except Exception as error:
                for image in batch:
                    if (asked := self._waiting.pop(image, None)) is not None:
                        asked.set_exception(error)

    def _settle(self, image: str, standing: Standing | None) -> None:
        asked = self._waiting.pop(image)
        if standing is None:
            self._absent[image] = monotonic() + ABSENT_SECONDS
            if len(self._absent) > MOST_ABSENT:
                self._absent.popitem(last=False)
            asked.set_exception(NotServed(NOT_THERE))
            return
        self._kept[image] = (standing, monotonic())
        self._weight += standing.weight
        while self._weight > self._most and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))
        asked.set_result(standing)

    def _drop(self, image: str) -> None:
        if (kept := self._kept.pop(image, None)) is not None:
            self._weight -= kept[0].weight


def _heeded(asked: asyncio.Future[Standing]) -> None:
    """Whoever asked may have hung up: then nobody else looks at the refusal."""
    if not asked.cancelled():
        asked.exception()

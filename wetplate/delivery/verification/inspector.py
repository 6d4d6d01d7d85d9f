"""A stranger's picture is looked at: in a worker process, one at a time.

Here: handing the file to a worker, and how many may wait. Not here: what is seen (`identification`).

Rule: pictures that visitors wait for come first. One worker at most looks at uploads; those who ask wait for
each other, and beyond WAITING of them it is 429.
"""

import asyncio
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Final

from wetplate.delivery.transforms.service import Transforms
from wetplate.delivery.transforms.worker import Failed, guarded
from wetplate.errors import Busy
from wetplate.imaging.lending import lent
from wetplate.provenance.certificates import Chain
from wetplate.publication.identification.inspection import Inspection, inspected

WAITING: Final = 8
SECONDS: Final = 10


@dataclass(frozen=True)
class Task:
    """A file to look at; `chain` has no key in it, only whom to trust."""

    file: str
    chain: Chain


def inspect(task: Task) -> Inspection | Failed:
    """What the file tells; in the worker."""
    from wetplate.provenance.c2pa_signer import C2paSigner  # 16 MB that most workers never need

    body = Path(task.file).read_bytes()
    return guarded(SECONDS, lambda: inspected(body, C2paSigner(task.chain).read))


class Inspector:
    """Looks at uploads; `chain` says whose credentials are trusted."""

    def __init__(self, transforms: Transforms, chain: Chain) -> None:
        self._transforms, self._chain = transforms, replace(chain, key=b"", certificate=b"")
        self._turn, self._waiting = asyncio.Semaphore(1), 0

    async def inspected(self, body: bytes) -> Inspection:
        """What the bytes tell. Raises Busy, TransformFailed."""
        if self._waiting >= WAITING:
            raise Busy(
                "queue_full", "too many files are being looked at; ask again", retry_after=ceil(WAITING / 4)
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._looked, body)
        finally:
            self._waiting -= 1

    def _looked(self, body: bytes) -> Inspection:
        with lent(body) as file:
            return self._transforms.run(inspect, Task(file, self._chain))

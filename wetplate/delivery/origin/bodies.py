"""Bytes out of the store: each verified against its row, each fetched once however many wait for it.

Here: fetching. Not here: keeping (`memory`), whether the file may be given (`standing`).

Rules:
1. Bytes whose digest is not the row's are not handed out and not kept, and are counted.
2. Fetching happens in a bounded number of threads; who would wait behind too many others is sent away.
"""

import asyncio
import logging
from concurrent.futures import Executor
from time import monotonic

from wetplate import metrics
from wetplate.delivery.standing import File
from wetplate.delivery.tracing.spans import span
from wetplate.errors import Busy, ObjectMissing, StoreUnfaithful
from wetplate.storage.objects import Objects, sha256

MOST_WAITING = 512
LOG = logging.getLogger(__name__)


class Bodies:
    """What the store holds, on demand."""

    def __init__(self, objects: Objects, threads: Executor) -> None:
        self._objects, self._threads = objects, threads
        self._fetching: dict[str, asyncio.Future[bytes]] = {}

    async def of(self, file: File) -> bytes:
        """The file's bytes, which are those its row describes. Raises StoreUnfaithful, StorageError, Busy."""
        return await self._once(file.key, file.sha256)

    async def beside(self, file: File) -> bytes:
        """The C2PA manifest beside the file. Raises StoreUnfaithful, StorageError, Busy."""
        return await self._once(str(file.manifest_key), None)

    async def _once(self, key: str, digest: str | None) -> bytes:
        fetching = self._fetching.get(key)
        if fetching is None:
            if len(self._fetching) >= MOST_WAITING:
                raise Busy("queue_full", "too many pictures are being fetched; ask again", retry_after=1)
            loop = asyncio.get_running_loop()
            fetching = loop.run_in_executor(self._threads, self._fetch, key, digest)
            self._fetching[key] = fetching
            fetching.add_done_callback(lambda done: self._done(key, done))
        with span("store"):
            return await asyncio.shield(fetching)

    def _done(self, key: str, done: "asyncio.Future[bytes]") -> None:
        del self._fetching[key]
        if not done.cancelled():
            done.exception()  # whoever asked may have hung up

    def _fetch(self, key: str, digest: str | None) -> bytes:
        began = monotonic()
        try:
            body = self._objects.get(key)
        except ObjectMissing as error:
            raise StoreUnfaithful("missing", "a file that should stand in the store does not") from error
        metrics.SOURCE_SECONDS.observe(monotonic() - began)
        if digest is not None and sha256(body) != digest:
            LOG.error("%s: the store holds other bytes than its row describes", key)
            raise StoreUnfaithful("altered", "the store holds other bytes than were put there")
        return body

"""The origin hears what happened: takedowns first of all.

Here: following the outbox over one connection, and knowing how long ago it was last read to its end. Not
here: what follows from a story (`origin.service` drops what is kept).

Rules:
1. The table is the truth, read by id from a cursor; LISTEN only says when to look. Listening connections die
   silently, so the table is read every POLL seconds anyway.
2. `heard` is the moment *before* the question that found nothing more. Whatever was committed before it has
   been told.
3. Fail closed: `heard` older than the allowed staleness means that a takedown may have been missed, and
   nothing that can be withdrawn is served (NewsStale).
4. After a reconnection the event at the cursor must still be the same one. If not (a backup was restored, a
   replica promoted that lagged), everything that was kept is void.
5. A story is told on the event loop, in order, once; one that cannot be told is told again until it can.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import psycopg
from sqlalchemy import Engine

from wetplate import metrics
from wetplate.errors import NewsStale
from wetplate.publication.states import TOPIC, Move
from wetplate.storage.outbox import CHANNEL

POLL = 1.0
PATIENCE = 5.0  # for one question, and for the first word at start
BACKOFF = (0.05, 2.0)
MANY = 1_000
NEWER = "SELECT id, topic, key, family, at FROM outbox WHERE id > %s ORDER BY id LIMIT %s"
NEWEST = "SELECT id, topic, key, family, at FROM outbox ORDER BY id DESC LIMIT 1"
AT = "SELECT id, topic, key, family, at FROM outbox WHERE id = %s"

LOG = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Story:
    """One line of the outbox."""

    id: int
    topic: str
    key: str
    family: str
    at: datetime


class News:
    """Follows the outbox: calls `told` with each story, `void` when nothing that is kept can be trusted."""

    def __init__(
        self,
        database: Engine,
        told: Callable[[Story], None],
        void: Callable[[], None],
        *,
        staleness: float,
        poll: float = POLL,
    ) -> None:
        self._database, self._told, self._void = database, told, void
        self._staleness, self._poll = staleness, min(poll, max(staleness / 3, 0.05))
        self._last: Story | None = None
        self._begun = False
        self._heard = float("-inf")
        self._following: asyncio.Task[None] | None = None
        self._first = asyncio.Event()

    @property
    def age(self) -> float:
        """Seconds since the outbox was last known to be read to its end."""
        return monotonic() - self._heard

    def fresh(self) -> bool:
        """Whether every takedown older than the allowed staleness has been heard."""
        return monotonic() - self._heard <= self._staleness

    def require_fresh(self) -> None:
        """Return if what is kept can be trusted. Raises NewsStale."""
        if not self.fresh():
            raise NewsStale(
                "the origin has not heard from its catalog lately, and serves nothing that may have been "
                "withdrawn meanwhile; try again shortly"
            )

    async def start(self) -> None:
        """Begin to follow; returns at the first word, or after PATIENCE without: then nothing is fresh."""
        self._following = asyncio.create_task(self._follow())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), PATIENCE)

    async def stop(self) -> None:
        """Stop following; what was heard grows stale."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                async with await self._connect() as connection:
                    await self._resume(connection)
                    failures = 0
                    while True:
                        await self._listen(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                failures += 1
                LOG.warning("no line to the outbox (%s); trying again", type(error).__name__)
            except Exception:
                failures += 1
                LOG.exception("a story could not be told; it is told again, and nothing is fresh until it is")
            await asyncio.sleep(min(BACKOFF[1], BACKOFF[0] * 2 ** min(failures, 10)) * random.uniform(0.5, 1))

    async def _connect(self) -> Connection:
        _, said = self._database.dialect.create_connect_args(self._database.url)
        options = {**said, "connect_timeout": PATIENCE, "tcp_user_timeout": int(PATIENCE * 1000)}
        connection = await psycopg.AsyncConnection.connect(**options, autocommit=True)
        await connection.execute(f"LISTEN {CHANNEL}".encode())
        return connection

    async def _resume(self, connection: Connection) -> None:
        """Take up the thread: from the newest event at first, later from the cursor if it still holds."""
        began = monotonic()
        if self._last is not None and await _one(connection, AT, self._last.id) != self._last:
            self._void()
            self._begun = False
        if not self._begun:
            self._last = await _one(connection, NEWEST)
            self._begun = True
            self._hear(began)
        await self._catch_up(connection)

    async def _listen(self, connection: Connection) -> None:
        """Wait for a call or the next round, then read."""
        async for _ in connection.notifies(timeout=self._poll, stop_after=1):
            pass
        await self._catch_up(connection)

    async def _catch_up(self, connection: Connection) -> None:
        full = True
        while full:
            began = monotonic()
            stories = await _asked(connection, NEWER, self._last.id if self._last else 0, MANY)
            for story in stories:
                self._tell(story)
            full = len(stories) == MANY
        self._hear(began)

    def _tell(self, story: Story) -> None:
        self._told(story)
        self._last = story
        if story.topic == TOPIC[Move.TAKE_DOWN]:
            metrics.TAKEDOWN_SECONDS.observe((datetime.now(UTC) - story.at).total_seconds())

    def _hear(self, began: float) -> None:
        self._heard = began
        self._first.set()
        metrics.NEWS_HEARD.set_to_current_time()


async def _asked(connection: Connection, query: str, *values: int) -> Sequence[Story]:
    async with asyncio.timeout(PATIENCE):
        cursor = await connection.execute(query.encode(), values)
        return [Story(*row) for row in await cursor.fetchall()]


async def _one(connection: Connection, query: str, *values: int) -> Story | None:
    found = await _asked(connection, query, *values)
    return found[0] if found else None

"""Purges at once: a thread that hears of each commit and goes round until nothing is due.

Here: when to go round. Not here: what a round does (`fan_out`).

Rules:
1. NOTIFY only says when to look; the rows say what is due, so nothing is lost when nobody listens.
2. Any number of relays may run, in origins, commands and the pipeline: each event is worked on by one.
3. It outlives the catalog: without Postgres it waits and tries again.
4. What is due is due by the database's clock: a relay whose clock is ahead repeats no purge too early.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep

import psycopg
from sqlalchemy import Engine

from wetplate.delivery.purging import catalog
from wetplate.delivery.purging.fan_out import Round, fan_out
from wetplate.delivery.purging.outside import Ask, asker
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.targets import named
from wetplate.errors import StorageError
from wetplate.storage.database import clock, transaction
from wetplate.storage.outbox import CHANNEL

log = logging.getLogger(__name__)
POLL = 1.0  # seconds between looks where nobody calls
SHORTEST = 0.02
AWAY = 2.0  # seconds until the catalog is tried again
PATIENCE = 15.0
ELSEWHERE = 5.0


def go_round(database: Engine, purgers: Sequence[Purger], ask: Ask) -> Round:
    """Rounds until one brings nothing on; gives all of them together. Raises StorageError."""
    total = Round()
    while True:
        with transaction(database) as session:
            last = fan_out(session, purgers, ask, clock(session))
        total.purged += last.purged
        total.verified += last.verified
        total.settled += last.settled
        total.refusals |= last.refusals
        if not last.progress:
            return total


def drain(
    database: Engine, purgers: Sequence[Purger], ask: Ask, patience: float = ELSEWHERE
) -> tuple[Round, int]:
    """Rounds until nothing is owed, and how much still is when that lasts longer than `patience`.

    What a relay elsewhere works on at the same moment is waited for. Raises StorageError.
    """
    deadline = monotonic() + patience
    while True:
        told = go_round(database, purgers, ask)
        with transaction(database) as session:
            left = catalog.pending(session, named(purgers), clock(session))
        if not left or told.refusals or monotonic() > deadline:
            return told, left
        sleep(SHORTEST)


class Relay:
    """The thread; does nothing where no cache is configured."""

    def __init__(
        self, database: Engine, purgers: Sequence[Purger], ask: Ask | None = None, *, poll: float = POLL
    ) -> None:
        self._database, self._purgers, self._ask, self._poll = database, purgers, ask, poll
        self._stopping = Flag()
        self._thread = Thread(target=self._run, name="purge-relay", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        if self._purgers:
            self._thread.start()

    def stop(self) -> None:
        """Stop listening; a round that is under way ends first."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=PATIENCE)

    def _run(self) -> None:
        ask = self._ask or asker()
        while not self._stopping.is_set():
            try:
                with closing(_listening(self._database)) as connection:
                    self._follow(connection, ask)
            except (psycopg.Error, StorageError) as error:
                log.warning("purging waits for the catalog: %s", error)
                self._stopping.wait(AWAY)

    def _follow(self, connection: psycopg.Connection[tuple[object, ...]], ask: Ask) -> None:
        while not self._stopping.is_set():
            go_round(self._database, self._purgers, ask)
            wait = min(self._poll, self._due())
            for _ in connection.notifies(timeout=wait, stop_after=1):
                pass

    def _due(self) -> float:
        """Seconds until something is to be tried again."""
        with transaction(self._database) as session:
            due, present = catalog.next_due(session, named(self._purgers)), clock(session)
        return max((due - present).total_seconds(), SHORTEST) if due else self._poll


def _listening(database: Engine) -> psycopg.Connection[tuple[object, ...]]:
    _, said = database.dialect.create_connect_args(database.url)
    connection = psycopg.connect(**{**said, "connect_timeout": 5}, autocommit=True)
    connection.execute(f"LISTEN {CHANNEL}".encode())
    return connection

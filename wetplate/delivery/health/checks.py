"""What must hold for this process to be sent requests.

Here: one function per check, and asking them all within a time. Not here: HTTP (`endpoints`).

Rules:
1. A check answers what it found; it fails by raising a refusal, whose message says what to do.
2. Checks run at once, each in its own time: a store that hangs is reported, not waited for.
3. Answers are kept for a moment, so that asking often costs nothing.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import to_thread
from sqlalchemy import Engine, text

from wetplate.errors import DeliveryError, NewsStale, ObjectMissing, WetplateError
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

Check = Callable[[], str]
Answer = TypeVar("Answer")
PATIENCE = 2.0
KEPT = 1.0
LATEST = "SELECT key FROM derivatives WHERE withdrawn_at IS NULL ORDER BY id DESC LIMIT 3"


@dataclass(frozen=True)
class Found:
    """What one check found, in words."""

    ok: bool
    says: str


def catalog(database: Engine) -> Check:
    """Postgres answers."""

    def check() -> str:
        with transaction(database) as session:
            session.execute(text("SELECT 1"))
        return "answers"

    return check


def store(database: Engine, objects: Objects) -> Check:
    """The object store has what the catalog says it has: one of the newest derivatives is looked at."""

    def check() -> str:
        with transaction(database) as session:
            keys = list(session.scalars(text(LATEST)))
        for key in keys:
            try:
                return f"answers, holds {objects.head(key).size:,} bytes of {key[:24]}"
            except ObjectMissing:
                continue  # taken down in this very moment, or lost: the next one tells
        if keys:
            raise ObjectMissing(f"{', '.join(keys)}: in the catalog, not in the store; run `wetplate verify`")
        return "nothing is derived yet"

    return check


def news(age: Callable[[], float], limit: float) -> Check:
    """The outbox was read to its end a short while ago."""

    def check() -> str:
        seconds = age()
        if seconds > limit:
            raise NewsStale(
                f"no news of takedowns for {seconds:.0f} s ({limit:.0f} s allowed); is Postgres reachable?"
            )
        return f"heard {seconds:.1f} s ago"

    return check


def workers(alive: Callable[[], bool]) -> Check:
    """Somebody makes transforms."""

    def check() -> str:
        if not alive():
            raise DeliveryError("no transform worker answers; look at the log and start the origin again")
        return "answer"

    return check


def queue(length: Callable[[], int], limit: int) -> Check:
    """How full the queue is. A full one is told, not failed: pictures in memory are served all the same."""

    def check() -> str:
        waiting = length()
        full = "; full: add workers or origins" if waiting >= limit else ""
        return f"{waiting} of {limit} places taken{full}"

    return check


class Checks:
    """The checks of one process."""

    def __init__(
        self, checks: Mapping[str, Check], *, patience: float = PATIENCE, kept: float = KEPT
    ) -> None:
        self._checks, self._patience, self._kept = checks, patience, kept
        self._asked, self._found = float("-inf"), dict[str, Found]()
        self._turn = anyio.Lock()

    async def found(self) -> Mapping[str, Found]:
        """What each check finds, at most a moment old."""
        async with self._turn:
            if time.monotonic() - self._asked > self._kept:
                self._found = await self._ask()
                self._asked = time.monotonic()
            return self._found

    async def _ask(self) -> dict[str, Found]:
        found: dict[str, Found] = {}

        async def ask(name: str, check: Check) -> None:
            found[name] = await _one(check, self._patience)

        async with anyio.create_task_group() as group:
            for name, check in self._checks.items():
                group.start_soon(ask, name, check)
        return {name: found[name] for name in self._checks}


async def _one(check: Check, patience: float) -> Found:
    try:
        return Found(True, await within(patience, check))
    except WetplateError as refusal:
        return Found(False, str(refusal))
    except TimeoutError:
        return Found(False, f"no answer within {patience:g} s")


async def within(patience: float, call: Callable[[], Answer]) -> Answer:
    """The call's answer from a thread; TimeoutError when it takes longer (the thread is left to itself)."""
    with anyio.fail_after(patience):
        return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1))

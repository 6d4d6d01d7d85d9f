"""One piece of work for everybody who wants the same result at the same time, in this event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Flights(Generic[Result]):
    """Work that is under way, by what it is about.

    Whoever waits may leave: the work goes on for the others, and ends by itself.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}

    def __contains__(self, about: Hashable) -> bool:
        return about in self._under_way

    def __len__(self) -> int:
        return len(self._under_way)

    async def join(self, about: Hashable, start: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the work on this, begun now if nobody has."""
        task = self._under_way.get(about)
        if task is None:
            task = asyncio.ensure_future(_run(start))
            self._under_way[about] = task
            task.add_done_callback(lambda done: self._landed(about, done))
        return await asyncio.shield(task)

    async def land(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))

    def _landed(self, about: Hashable, done: asyncio.Task[Result]) -> None:
        self._under_way.pop(about, None)
        if not done.cancelled():
            done.exception()  # looked at, should nobody be left to


async def _run(start: Callable[[], Awaitable[Result]]) -> Result:
    return await start()

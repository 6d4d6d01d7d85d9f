"""One piece of work for all who ask at the same time, whoever leaves."""

import asyncio

import pytest

from wetplate.delivery.transforms.flights import Flights


def test_one_piece_of_work_then_another() -> None:
    async def run() -> None:
        flights, begun = Flights[int](), 0

        async def work() -> int:
            nonlocal begun
            begun += 1
            await asyncio.sleep(0.01)
            return begun

        assert await asyncio.gather(*(flights.join("a", work) for _ in range(9))) == [1] * 9
        assert len(flights) == 0
        assert await flights.join("a", work) == 2

    asyncio.run(run())


def test_who_leaves_takes_nothing_along() -> None:
    async def run() -> None:
        flights = Flights[str]()
        ended = asyncio.Event()

        async def work() -> str:
            await asyncio.sleep(0.01)
            ended.set()
            return "made"

        waiting = [asyncio.create_task(flights.join("a", work)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        assert await waiting[1] == await waiting[2] == "made"
        alone = asyncio.create_task(flights.join("b", work))
        await asyncio.sleep(0)
        ended.clear()
        alone.cancel()
        await flights.land()
        assert ended.is_set()
        assert "b" not in flights

    asyncio.run(run())


def test_all_are_told_of_a_failure_and_the_next_tries_again() -> None:
    async def run() -> None:
        flights = Flights[int]()

        async def fail() -> int:
            raise ValueError("no")

        got = await asyncio.gather(*(flights.join("a", fail) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(each, ValueError) for each in got)
        with pytest.raises(ValueError, match="no"):
            await flights.join("a", fail)
        gone = asyncio.create_task(flights.join("a", fail))
        await asyncio.sleep(0)
        gone.cancel()
        await flights.land()

    asyncio.run(run())

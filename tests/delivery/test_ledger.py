"""Standings at hand: one question at a time, and never an answer from before the news."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from wetplate.delivery import ledger
from wetplate.delivery.ledger import BATCH, Ledger
from wetplate.delivery.standing import File, Standing
from wetplate.errors import Busy, DatabaseUnavailable, NotServed
from wetplate.publication.states import State


class Catalog:
    """What would be Postgres: counts the questions, and can be held up in the middle of one."""

    def __init__(self, *images: str) -> None:
        self.images = {image: standing(image) for image in images}
        self.questions: list[list[str]] = []
        self.inside, self.go_on = Event(), Event()
        self.go_on.set()
        self.fails: Exception | None = None

    def read(self, images: Sequence[str]) -> Mapping[str, Standing]:
        self.questions.append(list(images))
        found = {image: self.images[image] for image in images if image in self.images}
        self.inside.set()
        self.go_on.wait(5)
        if self.fails:
            raise self.fails
        return found


def standing(image: str, version: int = 1, files: int = 0) -> Standing:
    named = {str(n): File(str(n), "k", None, "0" * 64, 1, "avif", 1, 1) for n in range(files)}
    return Standing(image, "boots", State.PUBLISHED, version, files=named)


def told(catalog: Catalog, test: Callable[[Ledger], Awaitable[None]], **options: int) -> None:
    with ThreadPoolExecutor(1) as threads:

        async def main() -> None:
            await test(Ledger(catalog.read, threads, **options))

        asyncio.run(main())


async def begun(catalog: Catalog) -> None:
    await asyncio.get_running_loop().run_in_executor(None, catalog.inside.wait, 5)


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    catalog = Catalog("a", "b")

    async def test(ledger: Ledger) -> None:
        found = await asyncio.gather(*(ledger.of("a") for _ in range(50)), ledger.of("b"))
        assert {each.image for each in found} == {"a", "b"}
        assert await ledger.of("a") is found[0]

    told(catalog, test)
    assert catalog.questions == [["a", "b"]]


def test_a_crowd_is_asked_for_in_batches() -> None:
    catalog = Catalog(*map(str, range(600)))

    async def test(ledger: Ledger) -> None:
        await asyncio.gather(*(ledger.of(str(n)) for n in range(600)))

    told(catalog, test)
    assert [len(question) for question in catalog.questions] == [BATCH, BATCH, 600 - 2 * BATCH]


def test_a_reading_that_began_before_the_news_is_read_again() -> None:
    catalog = Catalog("a")
    catalog.go_on.clear()

    async def test(ledger: Ledger) -> None:
        asked = asyncio.create_task(ledger.of("a"))
        await begun(catalog)
        catalog.images["a"] = standing("a", version=2)
        ledger.forget("a")
        catalog.go_on.set()
        assert (await asked).version == 2
        assert ledger.known("a") is await asked

    told(catalog, test)
    assert len(catalog.questions) == 2


def test_whoever_forgets_everything_voids_what_is_being_read_too() -> None:
    catalog = Catalog("a", "b")
    catalog.go_on.clear()

    async def test(ledger: Ledger) -> None:
        asked = asyncio.create_task(ledger.of("a"))
        await begun(catalog)
        catalog.images["a"] = standing("a", version=2)
        ledger.clear()
        catalog.go_on.set()
        assert (await asked).version == 2

    told(catalog, test)


def test_what_does_not_exist_is_asked_once_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_ABSENT", 3)
    catalog = Catalog()

    async def test(ledger: Ledger) -> None:
        for image in "abcd":
            for _ in range(3):
                with pytest.raises(NotServed):
                    await ledger.of(image)
        assert len(ledger._absent) == 3
        catalog.images["d"] = standing("d")
        ledger.forget("d")
        assert await ledger.of("d")

    told(catalog, test)
    assert catalog.questions == [["a"], ["b"], ["c"], ["d"], ["d"]]


def test_a_failure_is_for_those_who_wait_and_is_not_kept() -> None:
    catalog = Catalog("a")
    catalog.fails = DatabaseUnavailable("gone")

    async def test(ledger: Ledger) -> None:
        with pytest.raises(DatabaseUnavailable):
            await ledger.of("a")
        catalog.fails = None
        assert await ledger.of("a")

    told(catalog, test)


def test_who_hangs_up_takes_nothing_from_the_others() -> None:
    catalog = Catalog("a")
    catalog.go_on.clear()

    async def test(ledger: Ledger) -> None:
        first, second = asyncio.create_task(ledger.of("a")), asyncio.create_task(ledger.of("a"))
        await begun(catalog)
        first.cancel()
        catalog.go_on.set()
        assert (await second).image == "a"

    told(catalog, test)


def test_too_many_waiting_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_WAITING", 2)
    catalog = Catalog("a", "b")

    async def test(ledger: Ledger) -> None:
        waiting = [asyncio.create_task(ledger.of(image)) for image in "ab"]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refusal:
            await ledger.of("c")
        assert refusal.value.retry_after == 1
        await asyncio.gather(*waiting)

    told(catalog, test)


def test_what_is_kept_is_bounded_by_weight() -> None:
    catalog = Catalog()
    catalog.images = {image: standing(image, files=9) for image in "abc"}

    async def test(ledger: Ledger) -> None:
        for image in "abc":
            await ledger.of(image)
        assert [ledger.known(image) is not None for image in "abc"] == [False, True, True]

    told(catalog, test, most=20)


def test_files_added_without_news_are_seen_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog("a")

    async def test(asked: Ledger) -> None:
        seen = await asked.of("a")
        assert await asked.renewed(seen) is seen
        monkeypatch.setattr(ledger, "REREAD_SECONDS", -1.0)
        catalog.images["a"] = standing("a", files=1)
        assert (await asked.renewed(seen)).files

    told(catalog, test)

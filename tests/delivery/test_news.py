"""News of a takedown arrives in milliseconds, through a broken connection too, and silence is noticed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Engine, text

from wetplate.delivery.news import News, Story
from wetplate.errors import NewsStale
from wetplate.storage import outbox
from wetplate.storage.database import transaction

BACKEND = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE :like AND pid <> pg_backend_pid()
"""


class Heard(list[Story]):
    """Stories, and how often everything became void."""

    voids = 0

    def void(self) -> None:
        self.voids += 1


def tell(database: Engine, key: str, topic: str = "image.withdrawn") -> float:
    with transaction(database) as session:
        outbox.append(session, topic, key=key, family="boots")
    return time.monotonic()


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.001)


def followed(
    database: Engine,
    test: Callable[[News, Heard], Awaitable[None]],
    *,
    staleness: float = 30,
    poll: float = 5.0,
) -> None:
    async def main() -> None:
        heard = Heard()
        news = News(database, heard.append, heard.void, staleness=staleness, poll=poll)
        await news.start()
        try:
            await test(news, heard)
        finally:
            await news.stop()

    asyncio.run(main())


def test_news_arrives_at_once_in_order_and_from_now_on(database: Engine) -> None:
    tell(database, "before")

    async def test(news: News, heard: Heard) -> None:
        assert news.fresh()
        began = await asyncio.to_thread(tell, database, "a")
        await until(lambda: len(heard) == 1)
        assert time.monotonic() - began < 0.5
        for key in ("b", "c"):
            await asyncio.to_thread(tell, database, key, "image.published")
        await until(lambda: len(heard) == 3)
        assert [story.key for story in heard] == ["a", "b", "c"]
        assert heard[0].topic == "image.withdrawn"

    followed(database, test)


def test_what_was_told_while_the_line_was_dead_is_read_from_the_cursor(database: Engine) -> None:
    async def test(news: News, heard: Heard) -> None:
        with transaction(database) as session:
            assert session.execute(text(BACKEND), {"like": "%outbox WHERE id >%"}).all()
            outbox.append(session, "image.withdrawn", key="a", family="boots")
        await until(lambda: [story.key for story in heard] == ["a"])
        assert news.fresh()
        assert heard.voids == 0

    followed(database, test)


def test_a_dead_listener_is_made_good_by_reading(database: Engine) -> None:
    async def test(news: News, heard: Heard) -> None:
        with transaction(database) as session:
            event = outbox.Event(topic="image.withdrawn", key="a", family="boots", payload={})
            session.add(event)  # nobody is notified
        await until(lambda: len(heard) == 1, 2)

    followed(database, test, poll=0.05)


def test_another_history_voids_everything(database: Engine, owner: Engine) -> None:
    async def test(news: News, heard: Heard) -> None:
        await asyncio.to_thread(tell, database, "a")
        await until(lambda: len(heard) == 1)
        with owner.begin() as connection:
            connection.execute(text("UPDATE outbox SET at = at - interval '1 day'"))
        with transaction(database) as session:
            session.execute(text(BACKEND), {"like": "%outbox WHERE id >%"})
        await until(lambda: heard.voids == 1)

    followed(database, test)


def test_silence_is_noticed_and_mended(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(news: News, heard: Heard) -> None:
        connect = news._connect
        blocked = True

        async def gone() -> object:
            if blocked:
                raise OSError("the network is down")
            return await connect()

        monkeypatch.setattr(news, "_connect", gone)
        with transaction(database) as session:
            session.execute(text(BACKEND), {"like": "%outbox WHERE id >%"})
        await until(lambda: not news.fresh(), 2)
        with pytest.raises(NewsStale, match="try again"):
            news.require_fresh()
        await asyncio.to_thread(tell, database, "a")
        blocked = False
        await until(news.fresh)
        assert [story.key for story in heard] == ["a"]

    followed(database, test, staleness=0.3, poll=0.05)


def test_a_story_that_could_not_be_told_is_told_again(
    database: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(news: News, heard: Heard) -> None:
        told, faults = news._told, iter([ZeroDivisionError])

        def sometimes(story: Story) -> None:
            for fault in faults:
                raise fault
            told(story)

        monkeypatch.setattr(news, "_told", sometimes)
        await asyncio.to_thread(tell, database, "a")
        await until(lambda: [story.key for story in heard] == ["a"])
        assert news.fresh()

    followed(database, test)
    assert "could not be told" in caplog.text


def test_without_a_catalog_nothing_is_fresh(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wetplate.delivery.news.PATIENCE", 0.05)
    nowhere = Engine(database.pool, database.dialect, database.url.set(query={"host": "/nowhere"}))

    async def main() -> None:
        news = News(nowhere, Heard().append, Heard().void, staleness=30)
        await news.start()
        assert not news.fresh()
        await news.stop()

    asyncio.run(main())

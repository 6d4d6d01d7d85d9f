"""The door: one piece of work for everybody, nothing behind a takedown's back, an end to every queue."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from tests.publication.images import verdict
from wetplate import metrics
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery.transforms.service import Rendered, Transforms
from wetplate.delivery.transforms.workers import Workers
from wetplate.derivatives import ondemand
from wetplate.derivatives.asked import Asked, Finished
from wetplate.derivatives.tables import TransformRow
from wetplate.derivatives.tiers import PRODUCTION
from wetplate.derivatives.transform import Transform, read
from wetplate.errors import Busy, ImageGone, ImageUnknown, NotServed, StoreUnfaithful
from wetplate.imaging.chunks import foreign
from wetplate.imaging.codec import decode, sniff
from wetplate.provenance.metadata import mark
from wetplate.publication import moves
from wetplate.settings import Serving, serving
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256
from wetplate.storage.outbox import Event

SMALL = read("w96.avif")


@pytest.fixture
def limits() -> Serving:
    return replace(serving(), workers=2, queue=64, per_client=100, per_image=100)


@pytest.fixture
def run(database: Engine, objects: MemoryObjects, workers: Workers, limits: Serving) -> Callable[..., Any]:
    """Runs a test's coroutine with a started door."""

    def run(test: Callable[[Transforms], Awaitable[Any]], **instead: Any) -> Any:
        async def inside() -> Any:
            door = Transforms(database, objects, replace(limits, **instead), workers)
            await door.start()
            try:
                return await asyncio.wait_for(test(door), 20)
            finally:
                await door.stop()

        return asyncio.run(inside())

    return run


def requested(database: Engine) -> int:
    with Session(database) as session:
        query = select(func.count()).select_from(Event).where(Event.topic == "transform.requested")
        return session.scalar(query) or 0


TEXTS = ("w96.avif", "w96.webp", "w64_crop4x5.jpg", "w2048_pad2x1.png", "w1024.avif")
WIDTHS = {"w2048_pad2x1.png": 256, "w1024.avif": 128}


def test_what_leaves_is_marked_holds_nothing_else_and_stands(
    run: Callable[..., Any], database: Engine, objects: MemoryObjects, image: str
) -> None:
    async def ask(door: Transforms) -> list[Rendered]:
        return [await door.rendered(image, "boots", 1, read(text)) for text in TEXTS]

    first = run(ask)
    for text, made in zip(TEXTS, first, strict=True):
        asked = read(text)
        assert sniff(made.body) == asked.format
        assert foreign(made.body) == []
        assert mark(made.body) == "trainedAlgorithmicMedia"
        assert made.sha256 == sha256(made.body)
        assert decode(made.body).shape[:2] == (made.height, made.width)
        assert (made.tier, made.cache) == ("fast", "miss")
        assert set(metrics.STAGES) == set(made.seconds)
        assert made.width == WIDTHS.get(text, asked.width)
        name = f"{made.sha256[:16]}-{made.width}.{text.rpartition('.')[2]}"
        assert objects.get(f"transforms/{image[:2]}/{image}/{name}") == made.body
    again = run(ask)
    assert [each.cache for each in again] == ["hit"] * len(TEXTS)
    for entry in list(objects.list("transforms/")):
        objects.delete(entry.key)  # lost by the store: made again, byte for byte
    once_more = run(ask)
    assert [each.cache for each in once_more] == ["miss"] * len(TEXTS)
    assert [each.body for each in first] == [each.body for each in again] == [each.body for each in once_more]
    assert [each.cache for each in run(ask)] == ["hit"] * len(TEXTS)
    assert len(list(objects.list("transforms/"))) == len(TEXTS)
    assert requested(database) == 2 * len(TEXTS)


def test_a_production_file_that_the_store_lost_is_made_and_asked_for_again(
    run: Callable[..., Any], database: Engine, objects: MemoryObjects, image: str
) -> None:
    asked, body = Asked(image, "boots", 1, SMALL), b"lost"
    with transaction(database) as session:
        put = ondemand.store(objects, asked, made := Finished(body, sha256(body), 96, 96, 60))
        ondemand.add(session, asked, PRODUCTION, made, put)
    objects.delete(put.key)
    answers = [run(lambda door: door.rendered(image, "boots", 1, SMALL)) for _ in range(2)]
    assert [(each.tier, each.cache) for each in answers] == [("fast", "miss"), ("fast", "hit")]
    assert requested(database) == 1


def test_of_an_image_with_enough_files_more_are_given_and_not_kept(
    run: Callable[..., Any],
    database: Engine,
    objects: MemoryObjects,
    image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ondemand, "KEPT", 2)

    async def ask(door: Transforms) -> list[Rendered]:
        return [await door.rendered(image, "boots", 1, read(text)) for text in TEXTS[:3]]

    assert [each.cache for each in run(ask)] == ["miss", "miss", "miss"]
    again = run(ask)
    assert [each.cache for each in again] == ["hit", "hit", "miss"]
    assert sniff(again[2].body) == "jpeg"
    assert len(list(objects.list("transforms/"))) == requested(database) == 2


def test_many_at_once_make_one_and_may_leave(run: Callable[..., Any], database: Engine, image: str) -> None:
    async def many(door: Transforms) -> list[Rendered]:
        return await asyncio.gather(*(door.rendered(image, "boots", 1, SMALL) for _ in range(60)))

    async def storm(door: Transforms, asked: Transform, stay: int) -> list[Rendered]:
        tasks = [asyncio.create_task(door.rendered(image, "boots", 1, asked)) for _ in range(40)]
        await asyncio.sleep(0.02)
        for task in tasks[stay:]:
            task.cancel()
        return await asyncio.gather(*tasks[:stay])

    made = run(many)
    assert len({each.sha256 for each in made}) == 1
    assert [each.cache for each in made].count("miss") == 1
    assert requested(database) == 1
    assert len(run(lambda door: storm(door, read("w96.webp"), 1))) == 1
    assert requested(database) == 2
    assert run(lambda door: storm(door, read("w96.jpg"), 0)) == []
    assert requested(database) in (2, 3)  # begun, it ends; nobody waits for it
    assert run(many)[0].cache == "hit"


def test_a_takedown_during_the_work_wins(
    run: Callable[..., Any], database: Engine, objects: MemoryObjects, image: str, workers: Workers
) -> None:
    """The picture is made, and under the image's lock found to be withdrawn: nothing is kept or told."""
    make = workers.make

    def meanwhile(job: Any) -> Any:
        made = make(job)
        with transaction(database) as session:
            moves.take_down(session, image, "tester", "trademark")
        return made

    async def ask(door: Transforms) -> Rendered:
        door._making._make = meanwhile
        return await door.rendered(image, "boots", 1, SMALL)

    with pytest.raises(ImageGone):
        run(ask)
    assert list(objects.list("transforms/")) == []
    assert requested(database) == 0
    with Session(database) as session:
        assert session.scalars(select(TransformRow)).all() == []


def test_what_is_not_public_is_made_for_a_signature_only(
    run: Callable[..., Any], database: Engine, objects: MemoryObjects, image: str
) -> None:
    with pytest.raises(NotServed):
        run(lambda door: door.rendered(image, "boots", 2, SMALL))
    with pytest.raises(ImageGone):
        run(lambda door: door.rendered(image, "boots", 0, SMALL))
    with pytest.raises(ImageUnknown):
        run(lambda door: door.rendered("f" * 64, "boots", 1, SMALL))
    with transaction(database) as session:
        moves.unpublish(session, image, "tester")
    with pytest.raises(NotServed):
        run(lambda door: door.rendered(image, "boots", 1, SMALL))
    made = run(lambda door: door.rendered(image, "boots", 1, SMALL, store=False))
    assert decode(made.body).shape == (96, 96, 3)
    assert list(objects.list("transforms/")) == []
    assert requested(database) == 0


def test_a_signature_opens_what_waits_for_review_and_nothing_that_is_rejected(
    run: Callable[..., Any], database: Engine, image: str
) -> None:
    async def ask(door: Transforms) -> Rendered:
        return await door.rendered(image, "boots", 1, SMALL, store=False)

    def judge(said: str) -> None:
        with transaction(database) as session:
            row = session.get_one(CanonicalRow, image)
            verdict(session, row.recipe_id, row.object_sha256, said)

    with transaction(database) as session:
        moves.unpublish(session, image, "tester")
    judge("review")
    assert run(ask).width == 96
    judge("reject")
    with pytest.raises(NotServed):
        run(ask)
    judge("approve")
    assert run(ask).width == 96
    with transaction(database) as session:
        moves.take_down(session, image, "tester", "trademark")
    with pytest.raises(ImageGone):
        run(ask)


def test_queues_end_and_greedy_clients_are_slowed_down(run: Callable[..., Any], image: str) -> None:
    many = [read(f"w64_crop1x1_fp{x}x{y}.png") for x in range(0, 25, 5) for y in range(0, 50, 5)]

    async def flood(door: Transforms) -> list[Any]:
        jobs = (door.rendered(image, "boots", 1, each) for each in many)
        return await asyncio.gather(*jobs, return_exceptions=True)

    async def ask(door: Transforms) -> list[Any]:
        got = []
        for width, client in ((64, "a"), (96, "a"), (64, "a"), (128, "a"), (128, "b")):
            jobs = [door.rendered(image, "boots", 1, read(f"w{width}.webp"), client=client)]
            got += await asyncio.gather(*jobs, return_exceptions=True)
        return got

    answers = run(flood, queue=3)
    refused = [each for each in answers if isinstance(each, Busy)]
    assert refused
    assert all(each.reason == "queue_full" and 1 <= each.retry_after <= 60 for each in refused)
    assert len([each for each in answers if isinstance(each, Rendered)]) + len(refused) == len(many)
    got = run(ask, per_client=2)
    assert [getattr(each, "cache", "") for each in got] == ["miss", "miss", "hit", "", "miss"]
    assert (got[3].reason, got[3].retry_after > 30) == ("rate_limit", True)


def test_another_server_is_not_waited_for_without_end(
    run: Callable[..., Any], database: Engine, image: str
) -> None:
    asked = Asked(image, "boots", 1, SMALL)

    async def ask(door: Transforms) -> Rendered:
        door._making._seconds = 0.1
        return await door.rendered(image, "boots", 1, SMALL)

    with transaction(database) as session:
        ondemand.wait_alone(session, asked.lock, 1000)  # as a server that hangs
        with pytest.raises(Busy) as said:
            run(ask)
    assert said.value.retry_after == 1
    assert run(ask).cache == "miss"


def test_without_workers_nothing_is_promised(limits: Serving) -> None:
    door = Transforms(create_engine("postgresql+psycopg://"), MemoryObjects(), limits)
    assert not door.alive()
    with pytest.raises(Busy):
        asyncio.run(door.rendered("f" * 64, "boots", 1, SMALL, store=False))


def test_wrong_bytes_in_the_store_go_nowhere(
    run: Callable[..., Any], objects: MemoryObjects, image: str
) -> None:
    def alter(key: str) -> None:
        body = objects.get(key)
        objects.delete(key)
        objects.put(key, body[:-1] + b"\0", content_type="image/png")

    run(lambda door: door.rendered(image, "boots", 1, SMALL))
    alter(next(objects.list("transforms/")).key)
    with pytest.raises(StoreUnfaithful, match="other bytes"):
        run(lambda door: door.rendered(image, "boots", 1, SMALL))
    key = f"canonical/{image[:2]}/{image}.png"
    alter(key)
    with pytest.raises(StoreUnfaithful, match="other bytes"):
        run(lambda door: door.rendered(image, "boots", 1, read("w96.webp")))
    objects.delete(key)
    with pytest.raises(StoreUnfaithful, match="should stand"):
        run(lambda door: door.rendered(image, "boots", 1, read("w96.webp")))

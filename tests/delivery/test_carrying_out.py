"""A decision is carried out to the end: cut off anywhere, at once with itself, with caches that refuse."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.attestation.keys import fresh
from wetplate.delivery import standing, urls
from wetplate.delivery.notices.carrying_out import Done, Reach, carry_out
from wetplate.delivery.purging.memory import MemoryCache
from wetplate.delivery.urls import Published
from wetplate.errors import ImageGone, NotServed
from wetplate.publication import moves
from wetplate.publication.notices import catalog, decisions, execute, locate, statement
from wetplate.publication.notices.steps import Outcome
from wetplate.publication.notices.tables import EvidenceRow
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.publication.verify import verify
from wetplate.retention import words
from wetplate.retention.personal import Wrapping
from wetplate.similarity.tables import BlockRow
from wetplate.storage.chain import broken
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.outbox import Event

WRAPPING = Wrapping((b"k" * 32,))
ME = "person:first"


class Killed(BaseException):
    """The process is gone."""


class Dying(MemoryObjects):
    """Dies after so many puts, deletes and commits."""

    left = 10**9

    def step(self, *_: Any) -> None:
        self.left -= 1
        if self.left <= 0:
            self.left = 10**9
            raise Killed

    def put(self, key: str, body: bytes, *, content_type: str) -> Any:
        head = super().put(key, body, content_type=content_type)
        self.step()
        return head

    def delete(self, key: str) -> None:
        super().delete(key)
        self.step()

    @contextmanager
    def watching(self) -> Iterator[None]:
        event.listen(Session, "after_commit", self.step)
        try:
            yield
        finally:
            event.remove(Session, "after_commit", self.step)


@dataclass
class House:
    """A catalog, a store, a cache, and what a decision is carried out with."""

    database: Engine
    objects: Dying
    cache: MemoryCache
    reach: Reach

    def publish(self, number: int = 0) -> str:
        with transaction(self.database) as session:
            return images.published(session, self.objects, number)

    def file(self, *about: str) -> str:
        with transaction(self.database) as session:
            where = locate.pointed(about)
            said: dict[str, object] = {
                "reason": "call me at 0123 456 789 or a@example.org",
                "name": "A. Person",
            }
            filed = catalog.file(
                session, WRAPPING, kind="dsa", said=said, where=where, actor="stranger", channel="api"
            )
            return filed.notice.id

    def do(self, verb: Callable[..., Any], *said: Any, **more: Any) -> Any:
        with transaction(self.database) as session:
            return verb(session, *said, **more)

    def state(self, image: str) -> tuple[str, int]:
        with transaction(self.database) as session:
            row = session.get_one(PublicationRow, image)
            return row.state, row.version

    def execute(self, notice: str) -> Done:
        return carry_out(self.reach, notice, ME)


@pytest.fixture
def house(database: Engine) -> House:
    def ask(url: str) -> int:
        """A stranger at the front: what the origin would answer."""
        address = urls.parse(url.removeprefix("https://edge.example"))
        assert isinstance(address, Published)
        with transaction(database) as session:
            stands = standing.read(session, [address.image])[address.image]
        try:
            stands.published(address.name)
        except ImageGone:
            return 410
        except NotServed:
            return 404
        return 200

    objects, cache = Dying(), MemoryCache("edge", url="https://edge.example")
    reach = Reach(database, objects, (cache,), ask, fresh(), "https://edge.example")
    return House(database, objects, cache, reach)


def end(house: House, notice: str) -> dict[str, Any]:
    """Everything that must be the same, however often it was cut off."""
    with transaction(house.database) as session:
        row = catalog.find(session, notice)
        events = catalog.events(session, notice)
        assert list(broken(events)) == []
        assert (
            session.scalars(
                select(Event).where(Event.handled_at.is_(None), Event.topic == "notice.decided")
            ).all()
            == []
        )
        kept = session.scalars(select(EvidenceRow).where(EvidenceRow.notice == notice)).all()
        assert all(house.objects.head(each.key).sha256 == each.sha256 for each in kept)
        assert [each for each in verify(session, house.objects) if "alt" not in each.rule] == []
        blocks = session.scalars(select(BlockRow).where(BlockRow.lifted_at.is_(None))).all()
        return {
            "state": row.state,
            "events": [each.event for each in events],
            "kept": sorted(each.what for each in kept),
            "blocks": sorted(block.kind for block in blocks),
            "moves": [move.move for move in session.scalars(select(MoveRow).order_by(MoveRow.id))],
            "public": [entry.key for entry in house.objects.list("derivatives/")],
        }


def test_killed_after_every_put_delete_and_commit_it_ends_the_same(house: House) -> None:
    image = house.publish()
    notice = house.file(f"/gallery/boots/{image}")
    house.do(execute.uphold, notice, ME)
    deaths = 0
    with house.objects.watching():
        for point in range(1, 200):
            house.objects.left = point
            try:
                house.execute(notice)
            except Killed:
                deaths += 1
                continue
            break
    house.objects.left = 10**9
    found = end(house, notice)
    assert deaths > 15
    assert found["state"] == "notified"
    assert found["events"] == ["file", "withdraw", "decide", "execute", "verify", "notify"]
    assert found["blocks"] == ["object", "phash", "pixels", "recipe"]
    assert found["moves"] == ["publish", "unpublish", "take_down"]
    assert found["public"] == []
    assert len([what for what in found["kept"] if what == "index.dsse"]) == 1
    assert house.execute(notice).left == ""
    assert end(house, notice) == found
    evidence_names_nobody(house, notice)


def evidence_names_nobody(house: House, notice: str) -> None:
    everything = b"".join(house.objects.get(entry.key) for entry in house.objects.list(f"evidence/{notice}/"))
    for secret in (b"A. Person", b"a@example.org", b"456 789"):
        assert secret not in everything
    with transaction(house.database) as session:
        log = next(row for row in session.scalars(select(EvidenceRow)) if row.what == "verification")
    seen = json.loads(house.objects.get(log.key))
    assert {each["cache"] for each in seen["caches"]} == {"edge"}
    assert set(seen["asked"][0]["answers"].values()) == {410}


def test_nobody_waits_while_a_store_copies_or_a_stranger_asks(house: House) -> None:
    free, ask = list[str](), house.reach.ask

    def stepped(who: str) -> None:
        with transaction(house.database) as session:
            session.execute(text("SELECT 1 FROM notices FOR UPDATE NOWAIT"))
        free.append(who)

    def asked(url: str) -> int:
        stepped("asks")
        return ask(url)

    notice = house.file(f"/gallery/boots/{house.publish()}")
    house.do(execute.uphold, notice, ME)
    house.objects.step = lambda *_: stepped("copies")  # type: ignore[method-assign]
    assert carry_out(replace(house.reach, ask=asked), notice, ME).left == ""
    assert set(free) == {"copies", "asks"}


def test_two_at_once(house: House) -> None:
    image = house.publish()
    notice = house.file(f"/gallery/boots/{image}")
    house.do(execute.uphold, notice, ME)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: house.execute(notice), range(2)))
    assert {each.left for each in done} == {""}
    found = end(house, notice)
    assert (found["events"].count("execute"), found["moves"].count("take_down")) == (1, 1)


def test_a_cache_that_refuses_keeps_it_open_until_it_forgets(house: House) -> None:
    image = house.publish()
    notice = house.file(f"/gallery/boots/{image}")
    house.do(execute.uphold, notice, ME)
    house.cache.down = True
    deaf = replace(house.reach, purgers=(), ask=lambda url: 200)
    assert "still answers 200" in carry_out(deaf, notice, ME).left
    done = house.execute(notice)
    assert done.state == "executed"
    assert "still owed" in done.left
    assert house.state(image) == ("withdrawn", 2)
    house.cache.down = False
    with transaction(house.database) as session:
        session.connection().exec_driver_sql("UPDATE purges SET next_at = now()")
    done = house.execute(notice)
    assert (done.state, done.left) == ("notified", "")
    assert done.seconds is not None
    assert house.cache.purges


def test_in_part_and_a_superseded_one_comes_back_as_it_was(house: House) -> None:
    first, second, third = (house.publish(number) for number in range(3))
    house.do(moves.supersede, second, "test", third)
    notice = house.file(f"/gallery/boots/{first}", f"/gallery/boots/{second}")
    house.do(decisions.withdraw, notice, ME)
    assert (house.state(first), house.state(second)) == (("hidden", 1), ("hidden", 1))
    house.do(catalog.choose, notice, [second], catalog.LEFT_OUT, ME)
    facts = house.do(words.keep, WRAPPING, catalog.subject(notice), "only the first")
    house.do(decisions.decide, notice, Outcome.PARTIAL, ME, "copyright", facts=facts)
    assert house.execute(notice).images == [first]
    assert (house.state(first), house.state(second)) == (("withdrawn", 2), ("superseded", 1))
    with transaction(house.database) as session:
        told = statement.statements(session, notice, WRAPPING)
        assert words.SEALED in str(statement.statements(session, notice))
    assert told[0]["illegal_content_explanation"] == "only the first"
    assert [each["puid"] for each in told] == [f"{notice}-{first[:32]}"]
    assert told[0]["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert (told[0]["source_type"], told[0]["automated_decision"]) == (
        "SOURCE_ARTICLE_16", "AUTOMATED_DECISION_NOT_AUTOMATED",
    )  # fmt: skip


def test_a_refusal_that_is_reversed_takes_down_after_all(house: House) -> None:
    image = house.publish()
    notice = house.file(f"/gallery/boots/{image}")
    house.do(decisions.decide, notice, Outcome.REJECTED, ME, "lawful")
    house.execute(notice)
    assert house.state(image) == ("published", 1)
    house.do(decisions.appeal, notice, "stranger", "look again", wrapping=WRAPPING)
    row = house.do(decisions.decide_appeal, notice, "person:second", reverse=True, reason="copyright")
    assert (row.state, row.outcome) == ("decided", "upheld")
    assert house.execute(notice).state == "notified"
    assert house.state(image) == ("withdrawn", 2)

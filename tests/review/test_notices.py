"""What people decide about a notice: recorded like every decision, in force at once, by as many as it takes.

One pair of published images for the module; each test but the race is one transaction that is rolled back.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.publication import images
from tests.review.desk import ADA, BOB, EVE, ZOE
from tests.review.people import WRAPPING, signed_in_client
from tests.review.stage import Stage, console
from wetplate.attestation.keys import fresh
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import DecisionConflict, LeaseLost, NoticeStep, RoleRefused
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import tasks
from wetplate.publication.notices import catalog as notice_catalog
from wetplate.publication.notices import decisions, evidence, execute, locate
from wetplate.publication.tables import PublicationRow
from wetplate.retention import restricted
from wetplate.review import accesses, notices
from wetplate.review import decisions as decided
from wetplate.review.access import Person, Role
from wetplate.review.reasons import reasons
from wetplate.review.second import Effect
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256


class Case:
    """Two published images, and a notice about them."""

    def __init__(self, session: Session, objects: MemoryObjects, pair: Sequence[str]) -> None:
        self.session, self.objects, self.images = session, objects, list(pair)
        self.id = filed(session, pair)

    def do(self, verb: Callable[..., Any], *said: Any, **how: Any) -> Any:
        with self.session.begin_nested():
            return verb(self.session, *said, **how)

    def decide(self, person: Person, decision: str, reason: str) -> Effect | None:
        said = (self.objects, self.id, person, decision, reason, "as the facts are")
        return self.do(notices.settle, *said, wrapping=WRAPPING).effect  # type: ignore[no-any-return]

    def done(self) -> None:
        """Carried out, seen from outside and told."""
        for verb in (execute.execute, execute.verified, execute.told):
            self.do(verb, self.id, "pipeline")
        self.do(execute.delete, self.objects, self.id)

    def rows(self) -> list[tuple[str, int, str, str]]:
        found = decided.of(self.session, f"notice:{self.id}")
        return [(row.queue, row.round, row.decision, row.reviewer) for row in found]

    def waits(self) -> list[str]:
        return [task.queue for task in tasks.about(self.session, f"notice:{self.id}")]

    def stands(self) -> tuple[str, list[str]]:
        states = [self.session.get_one(PublicationRow, image).state for image in self.images]
        return notice_catalog.find(self.session, self.id).state, states


def filed(session: Session, pair: Sequence[str]) -> str:
    where = locate.pointed([f"/gallery/boots/{image}" for image in pair])
    made = notice_catalog.file(
        session,
        WRAPPING,
        kind="dsa",
        said={"reason": "it is mine"},
        where=where,
        actor="form",
        channel="form",
    )
    return made.notice.id


@pytest.fixture(scope="module")
def store() -> MemoryObjects:
    return MemoryObjects()


@pytest.fixture(scope="module")
def pair(catalog: Engine, store: MemoryObjects) -> list[str]:
    with transaction(catalog) as session:
        return [images.published(session, store, number) for number in (0, 1)]


@pytest.fixture
def case(catalog: Engine, store: MemoryObjects, pair: list[str]) -> Iterator[Case]:
    with Session(catalog) as session:
        yield Case(session, store, pair)


def test_upheld_is_recorded_and_out_of_sight_in_the_same_transaction(case: Case) -> None:
    with pytest.raises(RoleRefused):
        case.decide(ADA, "uphold", "copyright")
    assert case.decide(BOB, "uphold", "copyright") is Effect.IN_FORCE
    assert case.rows() == [("takedown", 1, "uphold", BOB.id)]
    assert case.stands() == ("decided", ["hidden", "hidden"])
    assert case.waits() == []
    with pytest.raises(DecisionConflict, match="nothing about"):
        case.decide(EVE, "refuse", "permitted")


def test_in_part_the_others_stay(case: Case) -> None:
    case.do(notice_catalog.choose, case.id, case.images[1:], notice_catalog.LEFT_OUT, "person:x")
    assert case.decide(BOB, "partial", "copyright") is Effect.IN_FORCE
    assert case.stands() == ("decided", ["hidden", "published"])
    case.done()
    assert case.stands() == ("notified", ["withdrawn", "published"])


def test_refused_by_one_while_everything_was_shown(case: Case) -> None:
    assert case.decide(BOB, "refuse", "permitted") is Effect.IN_FORCE
    assert case.rows() == [("takedown", 1, "refuse", BOB.id)]
    assert case.stands() == ("decided", ["published", "published"])


def test_what_was_withdrawn_is_given_back_by_a_second_person_who_knows_nothing_of_the_first(
    case: Case,
) -> None:
    case.do(decisions.withdraw, case.id, BOB.actor)
    assert case.decide(BOB, "refuse", "permitted") is Effect.SECOND
    assert case.stands() == ("withdrawn", ["hidden", "hidden"])
    assert case.waits() == ["second"]
    with pytest.raises(DecisionConflict, match="somebody else"):
        case.decide(BOB, "refuse", "permitted")
    assert case.decide(EVE, "refuse", "lawful") is Effect.IN_FORCE
    assert case.rows() == [("takedown", 1, "refuse", BOB.id), ("second", 1, "refuse", EVE.id)]
    case.done()
    assert case.stands() == ("notified", ["published", "published"])
    case.do(decisions.appeal, case.id, "stranger", "look again", wrapping=WRAPPING)
    for each in (BOB, EVE):
        with pytest.raises(NoticeStep, match="somebody else"):
            case.decide(each, "uphold", "mistake")


def test_two_who_differ_leave_it_to_a_third(case: Case) -> None:
    case.do(decisions.withdraw, case.id, BOB.actor)
    case.decide(BOB, "refuse", "permitted")
    assert case.decide(EVE, "uphold", "copyright") is Effect.ESCALATED
    assert case.stands()[0] == "withdrawn"
    with pytest.raises(DecisionConflict, match="somebody else"):
        case.decide(EVE, "uphold", "copyright")
    assert case.decide(ZOE, "uphold", "copyright") is Effect.IN_FORCE
    assert case.stands() == ("decided", ["hidden", "hidden"])


@pytest.mark.parametrize(
    ("word", "reason", "after"),
    [
        ("uphold", "mistake", ("reinstated", ["draft", "draft"])),
        ("refuse", "stands", ("notified", ["withdrawn", "withdrawn"])),
    ],
)
def test_an_appeal_is_decided_by_a_second_person(
    case: Case, word: str, reason: str, after: tuple[str, list[str]]
) -> None:
    case.decide(BOB, "uphold", "copyright")
    case.done()
    case.do(decisions.appeal, case.id, "stranger", "the licence was found", wrapping=WRAPPING)
    with pytest.raises(NoticeStep, match="somebody else"):
        case.decide(BOB, word, reason)
    assert case.stands()[0] == "appealed"
    assert case.decide(EVE, word, reason) is Effect.IN_FORCE
    assert case.stands() == after
    assert case.rows()[1:] == [("appeal", 1, word, EVE.id)]


def test_a_refusal_that_is_reversed_hides_at_once(case: Case) -> None:
    case.decide(BOB, "refuse", "permitted")
    case.done()
    case.do(decisions.appeal, case.id, "stranger", "it is mine all the same", wrapping=WRAPPING)
    case.decide(EVE, "uphold", "mistake")
    assert case.stands() == ("decided", ["hidden", "hidden"])


def test_of_two_at_once_one_decides(catalog: Engine, store: MemoryObjects, pair: list[str]) -> None:
    with transaction(catalog) as session:
        id = filed(session, pair)

    def decide(person: Person) -> bool:
        try:
            with transaction(catalog) as session:
                notices.settle(session, store, id, person, "uphold", "copyright")
        except (DecisionConflict, LeaseLost):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(decide, (BOB, EVE, ZOE, BOB)))
    assert sum(won) == 1
    with transaction(catalog) as session:
        assert len(decided.of(session, f"notice:{id}")) == 1


def test_the_evidence_is_had_by_a_senior_who_says_why(
    catalog: Engine, store: MemoryObjects, pair: list[str]
) -> None:
    """Also of a picture that was redacted meanwhile: its bytes stand out of reach."""
    with transaction(catalog) as session:
        id = filed(session, pair)
        painting = session.get_one(PaintingRow, session.get_one(CanonicalRow, pair[0]).recipe_id)
        restricted.move(session, store, painting.key, painting.recipe_id, "redacted", now() + timedelta(9))
        evidence.keep_files(session, store, id)
        evidence.seal(session, store, fresh(), id, {})
    made, path = console(Stage(catalog, store, 32)), f"/notices/{id}/evidence"
    reviewer, senior = (signed_in_client(made, catalog, role) for role in (Role.REVIEWER, Role.SENIOR))
    for client in (reviewer, senior):
        assert client.get(f"{path}.zip").status_code == 403
    for client, why, status in (
        (reviewer, "I want it", 403),
        (senior, "no", 422),
        (senior, "For court", 303),
    ):
        assert client.post(path, data={"csrf": client.csrf, "purpose": why}).status_code == status
    assert "evidence.zip" in senior.get(f"/notices/{id}").text
    answer = senior.get(f"{path}.zip")
    assert answer.headers["cache-control"] == "no-store"
    files = ZipFile(BytesIO(answer.content))
    index = json.loads(files.read(f"{id}/index.json"))
    assert f"{pair[0]}/painting" in {each["what"] for each in index["objects"]}
    for each in index["objects"]:
        assert sha256(files.read(f"{id}/{each['name']}")) == each["sha256"]
    with transaction(catalog) as session:
        [row] = accesses.of(session, f"notice:{id}")
        assert senior.who
        assert (row.actor, row.what, row.why) == (senior.who.id, "evidence", "For court")


def test_the_forms_of_an_appeal_have_its_own_reasons() -> None:
    assert "stands" in reasons("appeal", "refuse", "notice:1", "appeal")
    assert "copyright" not in reasons("appeal", "uphold", "notice:1", "appeal")

"""Tasks: one person holds one at a time, and whoever comes late is told what became of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from tests.conftest import TEMPLATE
from wetplate.errors import DecisionConflict, LeaseLost
from wetplate.moderation import deadlines, tasks
from wetplate.moderation.tables import TaskRow
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SUBJECTS = count()


@pytest.fixture(scope="module")
def catalog(postgres_server: Server) -> Iterator[Engine]:
    """One database for the module: each test leaves it as it was, or has families of its own."""
    postgres.create_database(postgres_server, "tasks", "owner", TEMPLATE)
    engine = create_engine(postgres_server.url("app", "tasks"), pool_size=16)
    yield engine
    engine.dispose()
    with postgres_server.connect() as connection:
        connection.execute(b'DROP DATABASE "tasks" WITH (FORCE)')


@pytest.fixture
def session(catalog: Engine) -> Iterator[Session]:
    with Session(catalog) as session:
        yield session


def opened(session: Session, queue: str = "review", subject: str = "", **more: Any) -> TaskRow:
    said = {"object_sha256": "b" * 64, "family": "clogs", "due_at": NOON, **more}
    return tasks.open(session, queue=queue, subject=subject or f"subject-{next(SUBJECTS)}", **said)


def lease(session: Session, reviewer: str = "ada", at: datetime = NOON, **more: Any) -> TaskRow | None:
    return tasks.lease(session, "review", reviewer, now=at, seconds=600, **more)


def test_of_one_subject_one_task_is_open_in_a_queue(session: Session) -> None:
    first = opened(session, subject="one", slugs=("ip/logo",))
    again = opened(session, subject="one", slugs=("violence", "ip/logo"), sensitive=True)
    assert (again.id, again.round, again.slugs) == (first.id, 1, ["ip/logo", "violence"])
    assert again.sensitive
    assert opened(session, "audit", subject="one").id != first.id


def test_other_bytes_are_another_round(session: Session) -> None:
    first = opened(session, subject="one")
    held = lease(session)
    assert held is not None
    other = opened(session, subject="one", object_sha256="c" * 64)
    assert (other.round, other.lease) == (2, None)
    with pytest.raises(LeaseLost, match="was closed at"):
        tasks.renew(session, first.id, held.lease or 0, now=NOON, seconds=600)


def test_closed_is_out_of_every_queue(session: Session) -> None:
    first, audit = opened(session, subject="one"), opened(session, "audit", subject="one", opened_by="ada")
    assert tasks.close(session, "one", opened_by="ada") == [audit.id]
    assert tasks.close(session, "one") == [first.id]
    assert tasks.close(session, "one") == []
    assert lease(session) is None
    assert opened(session, subject="one").round == 2


def test_the_most_urgent_comes_first(session: Session) -> None:
    ids = [opened(session, due_at=NOON + hours * timedelta(hours=1)).id for hours in (3, 1, 2, 1)]
    taken = [task.id for _ in range(4) if (task := lease(session))]
    assert taken == [ids[1], ids[3], ids[2], ids[0]]
    assert lease(session) is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["plain", "boots", "nude"]),
        ({"families": ["boots"]}, ["boots"]),
        ({"families": ["boots", "clogs"]}, ["plain", "boots", "nude"]),
        ({"families": []}, []),
        ({"without": ("sexual/nudity",)}, ["plain", "boots"]),
        ({"reviewer": "eve"}, ["plain", "boots", "nude", "second"]),
    ],
)
def test_what_is_offered_to_whom(session: Session, asked: dict[str, Any], found: list[str]) -> None:
    opened(session, subject="plain")
    opened(session, subject="boots", family="boots")
    opened(session, subject="nude", slugs=("sexual/nudity", "ip/logo"))
    opened(session, subject="second", excluded=("ada",))
    taken = [task.subject for _ in range(5) if (task := lease(session, **asked))]
    assert taken == found


def test_a_hold_ends_by_itself_and_is_counted(session: Session) -> None:
    opened(session)
    first = lease(session)
    assert first is not None
    number = first.lease
    assert lease(session, "bob", NOON + 599 * SECOND) is None
    second = lease(session, "bob", NOON + 600 * SECOND)
    assert second is not None
    assert (second.id, second.leased_by, second.lapses) == (first.id, "bob", 1)
    assert (second.lease or 0) > (number or 0)


def test_a_sign_of_life_keeps_it(session: Session) -> None:
    opened(session)
    held = lease(session)
    assert held is not None
    tasks.renew(session, held.id, held.lease or 0, now=NOON + 599 * SECOND, seconds=600)
    assert lease(session, "bob", NOON + 1198 * SECOND) is None


def test_who_comes_late_is_told_what_became_of_it(session: Session) -> None:
    opened(session)
    held = lease(session)
    assert held is not None
    number, late = held.lease or 0, NOON + 601 * SECOND
    with pytest.raises(LeaseLost, match=r"ended at 12:10:00 UTC; it is open again"):
        tasks.renew(session, held.id, number, now=late, seconds=600)
    assert lease(session, "bob", late) is not None
    with pytest.raises(LeaseLost, match="somebody else has it now"):
        tasks.renew(session, held.id, number, now=late, seconds=600)
    with pytest.raises(LeaseLost, match="somebody else has it now"):
        tasks.release(session, held.id, number, now=late)
    with pytest.raises(LeaseLost, match="until 12:20:01 UTC"):
        tasks.take(session, held.id, "ada", now=late, seconds=600)
    with pytest.raises(DecisionConflict, match="no task 0"):
        tasks.renew(session, 0, number, now=late, seconds=600)


def test_one_may_be_taken_by_its_number(session: Session) -> None:
    task = opened(session, excluded=("eve",))
    first = tasks.take(session, task.id, "ada", now=NOON, seconds=600).lease
    assert tasks.take(session, task.id, "ada", now=NOON, seconds=600).lease != first
    with pytest.raises(DecisionConflict, match="somebody else than whoever decided"):
        tasks.take(session, task.id, "eve", now=NOON + 600 * SECOND, seconds=600)
    tasks.close(session, task.subject)
    with pytest.raises(DecisionConflict, match="was closed"):
        tasks.take(session, task.id, "ada", now=NOON, seconds=600)


def test_a_proposed_decision_keeps_everybody_away(session: Session) -> None:
    opened(session)
    held = lease(session)
    assert held is not None
    number, until = held.lease or 0, NOON + 10 * SECOND
    tasks.propose(session, held.id, number, {"decision": "approve"}, until, now=NOON)
    with pytest.raises(LeaseLost, match="you have decided already"):
        tasks.propose(session, held.id, number, {"decision": "reject"}, until, now=NOON)
    assert lease(session, "bob", NOON + 3600 * SECOND) is None
    with pytest.raises(LeaseLost, match="about to count"):
        tasks.take(session, held.id, "bob", now=NOON + 3600 * SECOND, seconds=600)
    assert tasks.due(session, NOON) == []
    assert [task.id for task in tasks.due(session, until)] == [held.id]
    assert [task.id for task in tasks.held(session, "ada", NOON + 3600 * SECOND)] == [held.id]
    tasks.undo(session, held.id, number, now=NOON, seconds=600)
    assert tasks.due(session, until) == []
    with pytest.raises(DecisionConflict, match="nothing to undo"):
        tasks.undo(session, held.id, number, now=NOON, seconds=600)


def test_counts_say_what_waits_how_long_and_what_is_late(session: Session) -> None:
    for hours in (-1, 0, 1):
        opened(session, due_at=NOON + hours * timedelta(hours=1))
    session.execute(text("UPDATE tasks SET at = :at"), {"at": NOON - timedelta(hours=5)})
    found = tasks.counts(session, NOON + SECOND)
    assert (found["review"].open, found["review"].overdue) == (3, 2)
    assert found["review"].oldest == timedelta(hours=5, seconds=1)
    assert list(found) == list(tasks.QUEUES)
    assert (found["appeal"].open, found["appeal"].oldest) == (0, timedelta())


def test_a_takedown_is_due_before_an_image_and_an_image_before_a_sample() -> None:
    due = {queue: deadlines.due(queue, NOON, 24) for queue in tasks.QUEUES}
    assert due["takedown"] < due["escalated"] < due["review"] == NOON + timedelta(hours=24) < due["audit"]


def test_sixteen_people_never_hold_the_same_one(catalog: Engine) -> None:
    with transaction(catalog) as session:
        ids = {opened(session, family="race").id for _ in range(8)}

    def one(number: int) -> tuple[int, int] | None:
        with transaction(catalog) as session:
            task = lease(session, f"person-{number}", families=["race"])
            return (task.id, task.lease or 0) if task else None

    with ThreadPoolExecutor(16) as pool:
        taken = [found for found in pool.map(one, range(16)) if found]
    assert {id for id, _ in taken} == ids
    assert len(taken) == len({number for _, number in taken}) == 8


def test_a_task_is_opened_once_whoever_opens_it(catalog: Engine) -> None:
    def one(_: int) -> int:
        with transaction(catalog) as session:
            return opened(session, subject="raced", family="raced").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    with transaction(catalog) as session:
        assert len(session.scalars(select(TaskRow).where(TaskRow.subject == "raced")).all()) == 1

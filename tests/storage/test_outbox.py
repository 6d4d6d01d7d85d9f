"""The outbox tells everything once, in the order of the commits, and stays quick when it is long."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from wetplate.storage.database import now
from wetplate.storage.outbox import Event, after, append, full, handle, prune, unhandled

NEWS, WORK = "image.admitted", "review.decided"


def tell(session: Session, topic: str = NEWS, key: str = "a") -> int:
    return append(session, topic, key=key, family="shoe", reason="because").id


def test_news_is_read_by_cursor_and_topic(session: Session) -> None:
    first, work, second = tell(session), tell(session, WORK), tell(session, key="b")
    assert [event.id for event in after(session, 0, [NEWS])] == [first, second]
    assert [event.id for event in after(session, first, [NEWS, WORK])] == [work, second]
    assert [event.id for event in after(session, 0, [NEWS, WORK], limit=2)] == [first, work]
    assert after(session, second, [NEWS, WORK]) == []
    assert after(session, 0, []) == []


def test_an_event_carries_its_payload(session: Session) -> None:
    tell(session)
    event = after(session, 0, [NEWS])[0]
    assert (event.key, event.family, event.payload) == ("a", "shoe", {"reason": "because"})


def test_work_waits_until_it_is_handled(session: Session) -> None:
    tell(session)
    first, second = tell(session, WORK), tell(session, WORK)
    assert [event.id for event in unhandled(session)] == [first, second]
    handle(session, [first])
    assert [event.id for event in unhandled(session)] == [second]
    assert unhandled(session, cursor=second) == []
    handle(session, [])
    assert [event.id for event in unhandled(session, limit=1)] == [second]


def test_fresh_work_can_be_left_out(session: Session) -> None:
    tell(session, WORK)
    assert unhandled(session, before=now() - timedelta(minutes=1)) == []
    assert len(unhandled(session, before=now() + timedelta(minutes=1))) == 1


def test_work_is_marked_once(session: Session) -> None:
    work = tell(session, WORK)
    handle(session, [work])
    first = session.get_one(Event, work).handled_at
    handle(session, [work])
    session.expire_all()
    assert session.get_one(Event, work).handled_at == first


def test_so_many_wait_or_fewer(session: Session) -> None:
    first = tell(session, WORK)
    tell(session, WORK)
    tell(session)
    assert (full(session, WORK, 2), full(session, WORK, 3)) == (True, False)
    handle(session, [first])
    assert not full(session, WORK, 2)


def test_what_is_old_and_done_is_forgotten_but_for_the_newest(session: Session) -> None:
    done, waiting, news, other, newest = (
        tell(session, topic) for topic in (WORK, WORK, NEWS, "image.withdrawn", NEWS)
    )
    handle(session, [done])
    assert prune(session, [WORK, NEWS], before=now() - timedelta(days=1)) == 0
    assert prune(session, [WORK, NEWS], before=now()) == 2
    assert list(session.scalars(select(Event.id).order_by(Event.id))) == [waiting, other, newest]
    assert [event.id for event in after(session, news, [NEWS])] == [newest]


def test_what_is_rolled_back_was_never_told(session: Session) -> None:
    tell(session)
    session.rollback()
    assert after(session, 0, [NEWS]) == []


def test_ids_follow_the_order_of_commits(database: Engine) -> None:
    """The second teller waits for the first, so that no lower id appears behind a reader's cursor."""
    told: list[int] = []

    def second() -> None:
        with Session(database) as session, session.begin():
            told.append(tell(session, key="second"))

    with Session(database) as session, session.begin():
        first = tell(session, key="first")
        racer = threading.Thread(target=second)
        racer.start()
        racer.join(timeout=0.5)
        assert racer.is_alive()
        with Session(database) as reader:
            assert after(reader, 0, [NEWS]) == []
    racer.join(timeout=10)
    assert told[0] > first


def test_a_reader_with_a_cursor_misses_nothing(database: Engine) -> None:
    done = threading.Event()

    def tellers() -> None:
        for _ in range(25):
            with Session(database) as session, session.begin():
                tell(session)
                tell(session)

    racers = [threading.Thread(target=tellers) for _ in range(4)]
    for racer in racers:
        racer.start()
    seen: list[int] = []
    with Session(database) as reader:
        while not done.is_set() or len(seen) < 200:
            if not any(racer.is_alive() for racer in racers):
                done.set()
            new = [event.id for event in after(reader, seen[-1] if seen else 0, [NEWS], limit=7)]
            seen += new
            reader.rollback()
            if done.is_set() and not new:
                break
    assert len(seen) == 200
    assert seen == sorted(seen)


FILL = """
    INSERT INTO outbox (topic, key, family, payload, at, handled_at)
    SELECT CASE WHEN n % 100 = 0 THEN 'review.decided' ELSE 'image.admitted' END, n::text, 'shoe', '{}',
           now(), CASE WHEN n % 100 = 0 AND n > 1000 THEN now() END
      FROM generate_series(1, 100000) AS n
"""


@pytest.fixture
def long_outbox(owner: Engine, database: Engine) -> Iterator[Session]:
    """100,000 events, a hundredth of them work, ten of that open."""
    with owner.begin() as connection:
        connection.execute(text(FILL))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE outbox"))
    with Session(database) as session:
        yield session


def plan(session: Session, call: Callable[[Session], object]) -> str:
    """How Postgres runs the query that the call makes."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    connection = session.connection()
    listen(connection, "before_cursor_execute", note)
    call(session)
    remove(connection, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


def test_queries_of_a_long_outbox_use_an_index_and_take_milliseconds(long_outbox: Session) -> None:
    queries: dict[str, Callable[[Session], object]] = {
        "new news": lambda session: after(session, 99_000, [NEWS, WORK]),
        "all work": lambda session: after(session, 0, [WORK]),
        "new work": lambda session: after(session, 99_990, [WORK]),
        "open work": lambda session: unhandled(session),
        "old open work": lambda session: unhandled(session, before=now()),
        "room": lambda session: full(session, WORK, 1_000),
        "done": lambda session: handle(session, [100, 200]),
    }
    plans = {name: plan(long_outbox, query) for name, query in queries.items()}
    assert [name for name, told in plans.items() if "Seq Scan" in told or "Index" not in told] == [], plans
    started = perf_counter()
    for _ in range(20):
        after(long_outbox, 99_000, [NEWS, WORK])
        unhandled(long_outbox)
    assert (perf_counter() - started) / 40 < 0.05

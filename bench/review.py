"""A queue of 100,000 tasks: how long it takes to get the next one, and which index finds it. `python -m
bench.review`.

Fills a scratch Postgres: every second task suspected of one thing, every tenth closed to one reviewer, one
thousand held at this moment. Leasing is measured alone and by sixteen people at once; a decision is measured
from taking the task to its commit (Postgres syncs its log to the disk for each).
"""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, event, text

from bench.scratch import scratch
from wetplate.moderation import tasks, worklist
from wetplate.moderation.tables import TaskRow
from wetplate.review import counting, decisions
from wetplate.review.access import Person, Role
from wetplate.storage.database import engine, now, transaction
from wetplate.storage.memory import MemoryObjects

TASKS, TIMES, PEOPLE = 100_000, 200, 16

FILL = """
INSERT INTO families (slug, title, digest, definition, registered_at)
  SELECT 'family-' || f, 'f', 'd', '{}', now() FROM generate_series(1, 100) f;
INSERT INTO recipes (id, family, position, variant, body, kind, current, at)
  SELECT encode(sha256(('r' || i)::bytea), 'hex'), 'family-' || (1 + i % 100), i, '{}', '{}', 'generation',
         true, now() FROM generate_series(1, :tasks) i;
INSERT INTO paintings (recipe_id, sha256, key, bytes, runtime, model_files, seconds, run_id, at)
  SELECT id, encode(sha256(id::bytea), 'hex'), 'paintings/' || id, 1, '{}', '{}', 1, 'run', now()
  FROM recipes;
INSERT INTO verdicts (stream, position, body, previous, hash, at, object_sha256, verdict, decided_by, policy,
                      policy_sha256, reasons)
  SELECT recipe_id, 0, '', '', '', now(), sha256, 'review', 'policy', 'p', 'p', '[]' FROM paintings;
INSERT INTO tasks (queue, subject, object_sha256, family, round, opened_by, why, slugs, sensitive, restricted,
                   excluded, skipped, at, due_at, lapses)
  SELECT 'review', p.recipe_id, p.sha256, r.family, 1, 'policy', '', '[]', false, false, '[]', '{}', now(),
         now(), 0
  FROM paintings p JOIN recipes r ON r.id = p.recipe_id WHERE r.family <> 'family-1';
"""

SPREAD = """
UPDATE tasks SET due_at = now() + (hashtext(subject) % 86400) * interval '1 second',
    slugs = CASE WHEN id % 2 = 0 THEN '["sexual/nudity"]'::jsonb ELSE '[]'::jsonb END,
    excluded = CASE WHEN id % 10 = 0 THEN '["r-00000001"]'::jsonb ELSE '[]'::jsonb END;
UPDATE tasks SET lease = nextval('leases'), leased_by = 'r-00000099', leased_until = now() + interval '1 day'
    WHERE id IN (SELECT id FROM tasks ORDER BY due_at, id LIMIT 1000);
"""

ASKED: dict[str, dict[str, Any]] = {
    "next of all": {},
    "next of one family": {"families": ["family-7"]},
    "next of three families": {"families": ["family-7", "family-8", "family-9"]},
    "next without what half of them show": {"without": ("sexual/nudity",)},
}


@contextmanager
def filled() -> Iterator[Engine]:
    """A scratch Postgres with the tasks."""
    with scratch() as (server, _):
        owner = engine(server.url("owner"))
        with owner.begin() as connection:
            run(connection, FILL)
            run(connection, SPREAD)
        tidy(owner)
        with transaction(owner) as session:
            began = time.perf_counter()
            opened, _ = worklist.sync(session)
            said = f"listing what waits, {opened:,}"
            print(f"{said:46} {time.perf_counter() - began:8.1f} s", flush=True)
        yield owner
        owner.dispose()


def tidy(owner: Engine) -> None:
    """As autovacuum would leave it."""
    with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))


def run(connection: Any, script: str) -> None:
    """Every statement of the script."""
    for statement in filter(str.strip, script.split(";")):
        connection.execute(text(statement), {"tasks": TASKS} if ":tasks" in statement else {})


def timed(ask: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each call."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    return took


def told(what: str, took: list[float]) -> None:
    """Median and 99th percentile."""
    ordered = sorted(took)
    most = ordered[int(len(took) * 0.99)]
    print(f"{what:46} {statistics.median(took):8.2f} ms, 99 of 100 below {most:.2f} ms", flush=True)


def lease(database: Engine, reviewer: str, **asked: Any) -> TaskRow:
    """Hold the next task; committed."""
    with transaction(database) as session:
        task = tasks.lease(session, "review", reviewer, now=now(), seconds=600, **asked)
        assert task is not None
        return task


def plan(database: Engine, **asked: Any) -> str:
    """Which index Postgres looks in for the next task, and how long."""
    statements: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        statements.append((statement, parameters))

    event.listen(database, "before_cursor_execute", note)
    with transaction(database) as session:
        tasks.lease(session, "review", "r-00000001", now=now(), seconds=600, **asked)
        event.remove(database, "before_cursor_execute", note)
        (statement, parameters), *_ = [each for each in statements if each[0].startswith("UPDATE")]
        said = (
            session.connection().exec_driver_sql("EXPLAIN ANALYZE " + statement, parameters).scalars().all()
        )
    scans = [line for line in said if "Scan" in line]
    assert not any("Seq Scan" in line for line in scans), scans
    names = sorted({found[1] for line in scans if (found := re.search(r"using (\w+)", line))})
    spent = next(line.split(": ")[1] for line in said if line.startswith("Execution Time"))
    return f"{' and '.join(names)}; {spent} of it in Postgres"


def decided(database: Engine, person: Person) -> None:
    """Take the next task and decide it."""
    task = lease(database, person.id)
    with transaction(database) as session:
        said = (task.id, task.lease or 0, person, "approve", "looks-right")
        decisions.propose(session, *said, undo_seconds=0)
    assert counting.count(database, MemoryObjects(), now() + timedelta(seconds=1))


def main() -> None:
    """Print what each question takes."""
    with filled() as database:
        for name, asked in ASKED.items():
            told(name, timed(lambda asked=asked: lease(database, "r-00000001", **asked), TIMES))  # type: ignore[misc]
            print(f"{'':46} by {plan(database, **asked)}")
        with ThreadPoolExecutor(PEOPLE) as pool:
            shares = [
                pool.submit(timed, lambda n=n: lease(database, f"r-{n:08x}"), TIMES // PEOPLE)  # type: ignore[misc]
                for n in range(PEOPLE)
            ]
        told(f"next of all, {PEOPLE} people at once", [each for share in shares for each in share.result()])
        told(
            "a decision, from taking to commit",
            timed(lambda: decided(database, Person("r-00000003", Role.REVIEWER, "")), TIMES),
        )
        with transaction(database) as session:
            told("counts of every queue", timed(lambda: tasks.counts(session, now()), 20))


if __name__ == "__main__":
    main()

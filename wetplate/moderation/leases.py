"""Leases: who holds which task, and what they propose. Writes what of the tasks' rows says so.

Here: taking, renewing, giving back, proposing and taking back a decision. Not here: opening and closing
(`tasks`, under whose name all of this is called), who may decide what (`wetplate.review`).

Rules:
1. A task is held through one SQL statement that skips what others are taking, so that two people never hold
   the same one. Nobody clears what ran out: `leased_until` is compared when somebody asks.
2. Every hold has a number of its own (`lease`) from one sequence. Whoever comes with an old number is told
   politely what became of the task, and changes nothing.
3. A proposed decision keeps its task from everybody until it counts or is taken back, also if its maker's
   hold runs out meanwhile.
4. Nobody is given what they are excluded from, under whatever door.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, and_, case, cast, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from wetplate.errors import DecisionConflict
from wetplate.moderation.lost import lost, not_for, too_late
from wetplate.moderation.tables import TaskRow

OPEN = TaskRow.closed_at.is_(None)
#: Rows are read anew: other transactions change them all the time.
FRESH = {"populate_existing": True, "synchronize_session": False}
IDLE: Mapping[str, Any] = {
    "lease": None, "leased_by": None, "leased_until": None, "proposed": None, "commit_at": None,
}  # fmt: skip


def get(session: Session, task_id: int) -> TaskRow:
    """The task. Raises DecisionConflict if there is none."""
    task = session.get(TaskRow, task_id, populate_existing=True)
    if task is None:
        raise DecisionConflict(f"there is no task {task_id}: go back to the queue and take the next one")
    return task


def lease(
    session: Session,
    queue: str,
    reviewer: str,
    *,
    now: datetime,
    seconds: float,
    families: Sequence[str] | None = None,
    without: Collection[str] = (),
    restricted: bool = True,
) -> TaskRow | None:
    """The most urgent task that nobody holds, held by this reviewer from now on; None if there is none.

    `without` are slugs the reviewer does not want to see; `restricted`: also what is in quarantine.
    """
    asked = [TaskRow.queue == queue, *_offered(reviewer, now)]
    if families is not None:
        asked.append(TaskRow.family == families[0] if len(families) == 1 else TaskRow.family.in_(families))
    if not restricted:
        asked.append(TaskRow.restricted.is_(False))
    if without:
        asked.append(~TaskRow.slugs.has_any(cast(list(without), ARRAY(Text))))
    first = select(TaskRow.id).where(*asked).order_by(TaskRow.due_at, TaskRow.id).limit(1)
    found = first.with_for_update(skip_locked=True).scalar_subquery()
    return _hold(session, TaskRow.id == found, reviewer, now, seconds)


def take(session: Session, task_id: int, reviewer: str, *, now: datetime, seconds: float) -> TaskRow:
    """This very task, held by this reviewer from now on; a hold of their own is renewed with a new number.

    Raises LeaseLost if somebody else holds it, DecisionConflict if it is closed or not for this reviewer.
    """
    free = or_(_free(now), TaskRow.leased_by == reviewer)
    asked = [TaskRow.id == task_id, OPEN, free, TaskRow.proposed.is_(None), _may(reviewer)]
    taken = _hold(session, and_(*asked), reviewer, now, seconds)
    if taken is None:
        raise not_for(get(session, task_id), reviewer, now)
    return taken


def renew(session: Session, task_id: int, lease: int, *, now: datetime, seconds: float) -> TaskRow:
    """Hold it for so long from now. Raises LeaseLost."""
    return _mine(session, task_id, lease, now, {"leased_until": now + timedelta(seconds=seconds)})


def release(
    session: Session, task_id: int, lease: int, *, now: datetime, skipped_until: datetime | None = None
) -> TaskRow:
    """Give it back; until `skipped_until` it is not offered to the same reviewer. Raises LeaseLost."""
    given: dict[str, Any] = dict(IDLE)
    if skipped_until is not None:
        seen = func.jsonb_build_object(TaskRow.leased_by, skipped_until.timestamp())
        given["skipped"] = TaskRow.skipped.op("||")(seen)
    return _mine(session, task_id, lease, now, given)


def propose(
    session: Session,
    task_id: int,
    lease: int,
    decision: Mapping[str, Any],
    commit_at: datetime,
    *,
    now: datetime,
) -> TaskRow:
    """A decision that counts from `commit_at` on unless it is taken back. Raises LeaseLost."""
    said = {"proposed": dict(decision), "commit_at": commit_at, "refusal": None}
    return _mine(session, task_id, lease, now, said)


def undo(session: Session, task_id: int, lease: int, *, now: datetime, seconds: float) -> TaskRow:
    """Take the proposed decision back before it counts and hold the task on.

    Raises LeaseLost, DecisionConflict if the decision counts already.
    """
    mine = and_(TaskRow.id == task_id, OPEN, TaskRow.lease == lease, TaskRow.commit_at > now)
    back = {"proposed": None, "commit_at": None, "leased_until": now + timedelta(seconds=seconds)}
    undone = _changed(session, mine, back)
    if undone is None:
        raise too_late(get(session, task_id), lease, now)
    return undone


def withdraw(session: Session, task_id: int, refusal: str) -> None:
    """Put a task whose decision could not count back in the queue, and say why."""
    session.execute(
        update(TaskRow).where(TaskRow.id == task_id, OPEN).values(refusal=refusal, **IDLE),
        execution_options=FRESH,
    )


def due(session: Session, now: datetime, *, limit: int = 50) -> list[TaskRow]:
    """Tasks whose decision counts by now, in order of subject so that committers never block each other."""
    query = select(TaskRow).where(TaskRow.commit_at <= now, OPEN).order_by(TaskRow.commit_at).limit(limit)
    found = session.scalars(query, execution_options=FRESH).all()
    return sorted(found, key=lambda task: (task.subject, task.id))


def locked(session: Session, task_id: int) -> TaskRow:
    """The task as it is now; nobody else changes it before our transaction ends."""
    query = select(TaskRow).where(TaskRow.id == task_id).with_for_update()
    return session.scalars(query, execution_options=FRESH).one()


def held(session: Session, reviewer: str, now: datetime) -> list[TaskRow]:
    """What this reviewer holds at this moment, the most urgent first; proposed decisions included."""
    mine = and_(OPEN, TaskRow.leased_by == reviewer, or_(TaskRow.leased_until > now, _proposed()))
    query = select(TaskRow).where(mine).order_by(TaskRow.due_at, TaskRow.id)
    return list(session.scalars(query, execution_options=FRESH))


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(TaskRow.leased_until.is_(None), TaskRow.leased_until <= now)


def _proposed() -> ColumnElement[bool]:
    return TaskRow.proposed.is_not(None)


def _may(reviewer: str) -> ColumnElement[bool]:
    return not_(TaskRow.excluded.op("?", return_type=Boolean)(reviewer))


def _offered(reviewer: str, now: datetime) -> list[ColumnElement[bool]]:
    """Open, free, not excluded, not skipped a moment ago."""
    until = func.coalesce(TaskRow.skipped[reviewer].as_float(), 0.0)
    return [OPEN, _free(now), TaskRow.proposed.is_(None), _may(reviewer), until <= now.timestamp()]


def _hold(
    session: Session, which: ColumnElement[bool], reviewer: str, now: datetime, seconds: float
) -> TaskRow | None:
    ran_out = and_(TaskRow.lease.is_not(None), TaskRow.leased_until <= now)
    values = {
        "lease": func.nextval("leases"),
        "leased_by": reviewer,
        "leased_until": now + timedelta(seconds=seconds),
        "lapses": TaskRow.lapses + case((ran_out, 1), else_=0),
    }
    return _changed(session, which, values)


def _mine(session: Session, task_id: int, number: int, now: datetime, values: Mapping[str, Any]) -> TaskRow:
    """Change a task that is held under this number and not decided. Raises LeaseLost."""
    held = and_(TaskRow.lease == number, TaskRow.leased_until > now, ~_proposed())
    changed = _changed(session, and_(TaskRow.id == task_id, OPEN, held), values)
    if changed is None:
        raise lost(get(session, task_id), number, now)
    return changed


def _changed(session: Session, which: ColumnElement[bool], values: Mapping[str, Any]) -> TaskRow | None:
    done = update(TaskRow).where(which).values(**values).returning(TaskRow)
    return session.scalars(done, execution_options=FRESH).first()

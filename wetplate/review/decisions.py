"""Decisions: what a person proposes, takes back, and what becomes of it when it counts.

Here: the verbs, and the only writer of the rows. Not here: which reasons there are (`reasons`), who may
(`rights`), when a second person is needed (`second`), what a decision changes (`effects`), who holds which
task (`moderation.tasks`).

Rules:
1. A decision is proposed on a task that its maker holds, can be undone for some seconds, and then counts:
   `commit` makes it count, whoever calls it and however often (`counting` does for all that are due).
2. What counts is one transaction: the decision's row, the verdict or the step that follows, the news, the
   task closed. Of one round exactly one decision counts (fencing number, unique round, lock of the subject);
   one that comes too late is refused politely and changes nothing.
3. Nothing is edited. A correction is another round with other rows.
4. Decisions are recorded under a pseudonym and the role its owner had.
5. Rows are never changed, so they carry the reference of what somebody wrote: note and facts are sealed when
   they are proposed, under `notice:<id>` or `decision:<task>`, and read through `note` until they are erased.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wetplate.errors import (
    DecisionConflict,
    LeaseLost,
    ModerationError,
    ObjectConflict,
    ObjectMissing,
    StorageError,
    WetplateError,
)
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.retention import words
from wetplate.retention.personal import Wrapping
from wetplate.review import details as wanted
from wetplate.review import effects, quarantine, rights, second
from wetplate.review import reasons as codes
from wetplate.review.access import Person
from wetplate.review.reasons import NOTICE, SKIP
from wetplate.review.second import Effect
from wetplate.review.standing import decided, origin, standing
from wetplate.review.tables import DecisionRow
from wetplate.storage.database import clock
from wetplate.storage.objects import Objects

SKIPPED = timedelta(hours=1)
NOTE = 2000  # characters
MOST = 1000  # decisions that are made to count in one go
#: Of all that a store can say, what another try would not change.
FINAL = (ObjectMissing, ObjectConflict)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of a decision that was due: its effect, or why it does not count."""

    task: int
    queue: str
    subject: str
    reviewer: str
    decision: str
    effect: Effect | None
    refusal: str = ""


def propose(
    session: Session,
    task_id: int,
    lease: int,
    person: Person,
    decision: str,
    reason: str,
    note: str = "",
    details: Mapping[str, Any] = wanted.NONE,
    *,
    undo_seconds: float,
    now: datetime | None = None,
    wrapping: Wrapping | None = None,
) -> TaskRow:
    """Decide about a task that one holds; it counts after `undo_seconds`. `skip` gives it back at once.

    Raises LeaseLost, RoleRefused, ModerationError for what is no decision, reason or detail of this task.
    """
    moment = now or clock(session)
    task = tasks.get(session, task_id)
    restricted = quarantine.restricted(session, task.subject, task.object_sha256)
    rights.require_queue(person, task.queue, restricted=restricted)
    said = _checked(task, origin(session, task), decision, reason, note, details)
    _require_holder(task, person)
    if decision == SKIP:
        return tasks.release(session, task_id, lease, now=moment, skipped_until=moment + SKIPPED)
    said |= _sealed(session, wrapping, tasks.locked(session, task_id), said)
    said |= {"reviewer": person.id, "role": person.role.value, "lease": lease}
    until = moment + timedelta(seconds=undo_seconds)
    return tasks.propose(session, task_id, lease, said, until, now=moment)


def undo(
    session: Session, task_id: int, lease: int, person: Person, *, seconds: float, now: datetime | None = None
) -> TaskRow:
    """Take a proposed decision back and hold the task for so long. Raises LeaseLost, DecisionConflict."""
    _require_holder(tasks.get(session, task_id), person)
    return tasks.undo(session, task_id, lease, now=now or clock(session), seconds=seconds)


def due(session: Session, now: datetime) -> list[int]:
    """The tasks whose decision counts by now."""
    return [task.id for task in tasks.due(session, now, limit=MOST)]


def commit(session: Session, objects: Objects, task_id: int, now: datetime) -> Outcome | None:
    """Make a decision count whose time to undo is over; gives what became of it.

    One that cannot count puts its task back in the queue. One for which the store does not answer waits for
    the next call: None.
    """
    effects.lock(session, tasks.get(session, task_id).subject)
    return _settled(session, objects, task_id, now)


def at_once(
    session: Session,
    objects: Objects,
    task_id: int,
    person: Person,
    decision: str,
    reason: str,
    note: str = "",
    details: Mapping[str, Any] = wanted.NONE,
    *,
    now: datetime | None = None,
    wrapping: Wrapping | None = None,
) -> Outcome:
    """Take, decide and make it count in one go: for the command line and for bulk. Raises as `propose`."""
    moment = now or clock(session)
    effects.lock(session, tasks.get(session, task_id).subject)
    rights.require_queue(person, tasks.get(session, task_id).queue)
    held = tasks.take(session, task_id, person.id, now=moment, seconds=60)
    proposal = (decision, reason, note, details)
    lease = held.lease or 0
    made = propose(session, task_id, lease, person, *proposal, undo_seconds=0, now=moment, wrapping=wrapping)
    if decision == SKIP:
        return Outcome(task_id, made.queue, made.subject, person.id, decision, None)
    return _commit(session, objects, task_id, moment)


def settle(
    session: Session,
    objects: Objects,
    subject: str,
    person: Person,
    decision: str,
    reason: str,
    note: str = "",
    details: Mapping[str, Any] = wanted.NONE,
    *,
    wrapping: Wrapping | None = None,
) -> Outcome:
    """Decide on the most urgent open task about an image or a notice, at once. Raises as `propose`.

    Raises DecisionConflict if nothing waits.
    """
    for task in tasks.about(session, subject):
        said = (decision, reason, note, details)
        return at_once(session, objects, task.id, person, *said, wrapping=wrapping)
    raise DecisionConflict(f"nothing about {subject[:23]} waits for a decision")


def offered(session: Session, task: TaskRow, person: Person) -> Mapping[str, Mapping[str, str]]:
    """What this person may decide about this task, and for which reasons."""
    words = origin(session, task)
    restricted = quarantine.restricted(session, task.subject, task.object_sha256)
    may = rights.allowed(task, person, words, restricted=restricted)
    return {each: codes.reasons(task.queue, each, task.subject, words) for each in may}


def of(session: Session, subject: str) -> Sequence[DecisionRow]:
    """Every decision about this subject, in order."""
    return decided(session, subject)


def note(session: Session, wrapping: Wrapping | None, row: DecisionRow) -> str:
    """What its maker wrote, or why that cannot be read."""
    return words.read(session, wrapping, about(row.stream, row.task), row.note)


def about(subject: str, task_id: int) -> str:
    """Under which personal subject the words of a decision lie."""
    return subject if subject.startswith(NOTICE) else f"decision:{task_id}"


def _sealed(
    session: Session, wrapping: Wrapping | None, task: TaskRow, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Note and facts as references of sealed words."""
    subject, details = about(task.subject, task.id), dict(said["details"])
    if facts := details.pop("facts", ""):
        details["facts"] = words.keep(session, wrapping, subject, facts)
    return {"note": words.keep(session, wrapping, subject, said["note"]), "details": details}


def _checked(
    task: TaskRow, origin: str, decision: str, reason: str, note: str, details: Mapping[str, Any]
) -> dict[str, Any]:
    known = codes.reasons(task.queue, decision, task.subject, origin)
    if reason not in known:
        raise ModerationError(f"{reason!r} is no reason to {decision}; known: {', '.join(known)}")
    if reason == "other" and not note.strip():
        raise ModerationError("reason other needs a note that says why")
    checked = wanted.checked(task, decision, details)
    return {"decision": decision, "reason": reason, "note": note.strip()[:NOTE], "details": checked}


def _require_holder(task: TaskRow, person: Person) -> None:
    if task.leased_by is not None and task.leased_by != person.id:
        raise LeaseLost("somebody else has this one now: take the next one")


def _settled(session: Session, objects: Objects, task_id: int, now: datetime) -> Outcome | None:
    """Commit it in a savepoint, so that a refusal leaves nothing of it behind; None: it waits."""
    try:
        with session.begin_nested():
            return _commit(session, objects, task_id, now)
    except WetplateError as refusal:
        if isinstance(refusal, StorageError) and not isinstance(refusal, FINAL):
            log.warning("task %s: its decision waits for the store: %s", task_id, refusal)
            return None
        return _refused(session, task_id, str(refusal), now)


def _refused(session: Session, task_id: int, why: str, now: datetime) -> Outcome:
    task = tasks.locked(session, task_id)
    said = task.proposed or {}
    if task.closed_at is None and task.commit_at is not None and task.commit_at <= now:
        tasks.withdraw(session, task_id, why)
    about = (task_id, task.queue, task.subject, said.get("reviewer", ""), said.get("decision", ""))
    return Outcome(*about, None, why)


def _commit(session: Session, objects: Objects, task_id: int, now: datetime) -> Outcome:
    task = tasks.locked(session, task_id)
    said = task.proposed
    if said is None or task.closed_at is not None or task.lease != said["lease"]:
        raise DecisionConflict("this decision was taken back, or somebody decided first: nothing was changed")
    if task.commit_at is None or task.commit_at > now:
        raise DecisionConflict("this decision can still be undone, so it does not count yet")
    effects.require_same(session, task)
    met = standing(session, task)
    effect = second.follows(task.queue, said["decision"], met, f"person:{said['reviewer']}")
    row = _recorded(session, task, said, effect, met)
    tasks.close(session, task.subject, task.queue)
    effects.carry_out(session, objects, task, row, effect, met)
    return Outcome(task_id, task.queue, task.subject, row.reviewer, row.decision, effect)


def _recorded(
    session: Session, task: TaskRow, said: Mapping[str, Any], effect: Effect, met: second.Standing
) -> DecisionRow:
    """Append the row. Raises DecisionConflict if the round has one."""
    whose = second.overturned(met, said["decision"], f"person:{said['reviewer']}")
    known = {"effect": effect.value, "overturns": whose, "first": met.first.id if met.first else None}
    columns = {name: said[name] for name in ("decision", "reason", "note", "reviewer", "role", "lease")}
    try:
        return DecisionRow.append(
            session,
            task.subject,
            task=task.id,
            queue=task.queue,
            round=task.round,
            object_sha256=task.object_sha256,
            details={**said["details"], **{name: value for name, value in known.items() if value}},
            **columns,
        )
    except IntegrityError as error:
        raise DecisionConflict("somebody decided this round first: nothing was changed") from error

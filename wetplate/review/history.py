"""History: what was decided about a subject, as far as whoever asks may know it now.

Rule: while a second person is to decide, nobody is shown the first decision, nor who made it, except who made
it. Where a third decides between two, both are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.moderation import tasks
from wetplate.moderation.judge import POLICY
from wetplate.moderation.tables import TaskRow, VerdictRow
from wetplate.retention import words
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions
from wetplate.review.access import Person
from wetplate.review.standing import decided, pending
from wetplate.review.tables import DecisionRow


@dataclass(frozen=True)
class Entry:
    """Something that was decided: by whom (`policy` or a pseudonym), in which queue, what and why.

    `effect` is what came of a person's decision (in-force, second, escalated), "" for the machine's.
    """

    at: datetime
    by: str
    queue: str
    decision: str
    reasons: tuple[str, ...]
    effect: str = ""
    object_sha256: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def history(
    session: Session,
    subject: str,
    person: Person,
    task: TaskRow | None = None,
    wrapping: Wrapping | None = None,
) -> list[Entry]:
    """What was decided about the subject, oldest first, without what this person must not know yet.

    `task` is the one they have before them, if any; without `wrapping` free words stay sealed.
    """
    rows = decided(session, subject)
    hidden = _hidden(session, subject, rows, person, task)
    shown = [_decision(session, wrapping, row) for row in rows if row.id not in hidden]
    return sorted([*_machine(session, subject), *shown], key=lambda entry: entry.at)


def blind(session: Session, subject: str) -> bool:
    """Whether a second person is still to decide."""
    return tasks.of(session, tasks.SECOND, subject) is not None


def _hidden(
    session: Session, subject: str, rows: Sequence[DecisionRow], person: Person, task: TaskRow | None
) -> set[int]:
    waiting = task if task is not None and task.queue == tasks.SECOND else None
    waiting = waiting or tasks.of(session, tasks.SECOND, subject)
    if waiting is None or waiting.closed_at is not None:
        return set()
    first = pending(rows, waiting.object_sha256)
    return {first.id} if first is not None and first.reviewer != person.id else set()


def _machine(session: Session, subject: str) -> Iterator[Entry]:
    """Verdicts of the machine, and of people at the command line of earlier releases."""
    query = select(VerdictRow).where(VerdictRow.stream == subject).order_by(VerdictRow.position)
    for row in session.scalars(query):
        if row.decided_by == POLICY:
            yield Entry(row.at, POLICY, "", row.verdict, tuple(row.reasons), "", row.object_sha256)


def _decision(session: Session, wrapping: Wrapping | None, row: DecisionRow) -> Entry:
    note = decisions.note(session, wrapping, row)
    reasons = (row.reason, note) if note else (row.reason,)
    effect, more = str(row.details.get("effect", "")), {"effect", "overturns", "first"}
    said = words.shown(session, wrapping, decisions.about(row.stream, row.task), row.details)
    details = {name: value for name, value in said.items() if name not in more}
    return Entry(row.at, row.reviewer, row.queue, row.decision, reasons, effect, row.object_sha256, details)

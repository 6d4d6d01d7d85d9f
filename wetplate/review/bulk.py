"""Bulk: many audit samples approved with one reason, each a decision of its own.

Rules:
1. Only audit samples, and only those that nothing is suspected of: what a detector names somebody looks at.
2. What cannot be decided (somebody holds it, it needs a second person's eyes) is told, the rest goes on.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from wetplate.errors import DecisionConflict, ModerationError, RoleRefused
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions, effects
from wetplate.review.access import Person
from wetplate.review.decisions import Outcome
from wetplate.review.reasons import APPROVE
from wetplate.storage.objects import Objects

MOST = 200


def approve(
    session: Session,
    objects: Objects,
    task_ids: Iterable[int],
    person: Person,
    reason: str,
    note: str = "",
    *,
    now: datetime | None = None,
    wrapping: Wrapping | None = None,
) -> list[Outcome]:
    """Approve these audit samples; gives what became of each. Raises ModerationError for too many."""
    chosen = sorted({id: tasks.get(session, id) for id in task_ids}.values(), key=lambda task: task.subject)
    if len(chosen) > MOST:
        raise ModerationError(f"{len(chosen)} at once are too many to have been looked at: {MOST} at most")
    for task in chosen:
        effects.lock(session, task.subject)
    return [_one(session, objects, task.id, person, reason, note, now, wrapping) for task in chosen]


def harmless(task: TaskRow) -> bool:
    """Whether it is an audit sample that nothing is suspected of."""
    return task.queue == tasks.AUDIT and not task.slugs and not task.restricted


def _one(
    session: Session,
    objects: Objects,
    task_id: int,
    person: Person,
    reason: str,
    note: str,
    now: datetime | None,
    wrapping: Wrapping | None,
) -> Outcome:
    task = tasks.get(session, task_id)
    try:
        with session.begin_nested():
            if not harmless(task):
                raise DecisionConflict("only audit samples that nothing is suspected of can go together")
            said = (APPROVE, reason, note)
            return decisions.at_once(session, objects, task_id, person, *said, now=now, wrapping=wrapping)
    except (ModerationError, RoleRefused) as refusal:
        return Outcome(task_id, task.queue, task.subject, person.id, APPROVE, None, str(refusal))

"""Rights: the least role that a queue, a decision, a subject needs. Pure.

Rules:
1. The highest of what queue and subject need counts; administrators may do everything.
2. Restricted subjects are for senior reviewers, in whichever queue.
"""

from collections.abc import Mapping

from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Person, Role, require
from wetplate.review.reasons import decisions

LEAST: Mapping[str, Role] = {
    tasks.REVIEW: Role.REVIEWER,
    tasks.AUDIT: Role.REVIEWER,
    tasks.SECOND: Role.SENIOR,
    tasks.ESCALATED: Role.SENIOR,
    tasks.APPEAL: Role.SENIOR,
    tasks.TAKEDOWN: Role.SENIOR,
}


def least(queue: str, *, restricted: bool = False) -> Role:
    """The role that deciding in this queue takes."""
    return max(LEAST[queue], Role.SENIOR) if restricted else LEAST[queue]


def queues(person: Person) -> tuple[str, ...]:
    """The queues this person may decide in."""
    return tuple(queue for queue in tasks.QUEUES if person.may(LEAST[queue]))


def allowed(task: TaskRow, person: Person, origin: str = "", *, restricted: bool = False) -> tuple[str, ...]:
    """What this person may decide about this task; nothing, if they may not decide at all.

    `origin` is the queue in whose words a second opinion is given; `restricted`: its subject is in
    quarantine, whatever the task says.
    """
    if task.closed_at is not None or person.id in task.excluded:
        return ()
    may = person.may(least(task.queue, restricted=restricted or task.restricted))
    return decisions(task.queue, task.subject, origin) if may else ()


def require_queue(person: Person, queue: str, *, restricted: bool = False) -> None:
    """Return if the person may decide there. Raises RoleRefused."""
    require(person, least(queue, restricted=restricted))

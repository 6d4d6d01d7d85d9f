"""Who may see what is in quarantine, and for how long.

Rule: the line in the log is the grant. Pixels in quarantine, and those moved out of reach, go out only to a
senior whose reason was recorded within the last MINUTES, so that nothing can be seen that nobody logged.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.errors import FormRefused
from wetplate.moderation.tables import TaskRow
from wetplate.publication.notices import kinds
from wetplate.publication.notices.tables import NoticeRow
from wetplate.review import accesses, quarantine
from wetplate.review.access import Person, Role, require
from wetplate.review.pages import subjects
from wetplate.review.tables import AccessRow

LEAST = Role.SENIOR
PAST = Role.REVIEWER  # sees pictures of tasks that are closed
MINUTES = 5
SHORTEST, LONGEST = 8, accesses.WHY


def grant(session: Session, who: Person, subject: str, what: str, why: str) -> None:
    """Record that somebody is about to see it, and why. Raises RoleRefused, FormRefused."""
    require(who, LEAST)
    purpose = " ".join(why.split())
    if not SHORTEST <= len(purpose) <= LONGEST:
        raise FormRefused(f"say in {SHORTEST} to {LONGEST} characters why you need to see it")
    accesses.saw(session, subject, who.id, what, purpose)


def granted(session: Session, who: Person, subject: str, what: str, now: datetime) -> bool:
    """Whether this person's reason was recorded a moment ago."""
    row = AccessRow
    query = select(row.id).where(
        row.stream == subject,
        row.actor == who.id,
        row.what == what,
        row.at > now - timedelta(minutes=MINUTES),
    )
    return who.may(LEAST) and session.scalars(query.limit(1)).first() is not None


def sealed(session: Session, task: TaskRow) -> bool:
    """Whether what the task is about is in quarantine, whatever the task itself says."""
    return quarantine.restricted(session, task.subject, task.object_sha256)


def shut_of(
    session: Session, who: Person, notice: NoticeRow, pictures: Mapping[str, str], now: datetime
) -> Collection[str]:
    """Those of a notice's images (recipes, with their bytes) whose pixels may not go out to this person."""
    unseen = kinds.zero_tolerance(notice.said)
    shut = frozenset(pictures) if unseen else quarantine.among(session, pictures)
    return sorted(id for id in shut if not granted(session, who, id, accesses.PIXELS, now))


def current(who: Person, task: TaskRow) -> bool:
    """Whether the task is open, or its past is this person's business."""
    return task.closed_at is None or who.may(PAST)


def open_to(session: Session, who: Person, task: TaskRow, now: datetime) -> bool:
    """Whether the task's pixels may go out to this person."""
    if not current(who, task):
        return False
    free = not sealed(session, task) and not subjects.away(session, [task.subject])
    return free or granted(session, who, task.subject, accesses.PIXELS, now)

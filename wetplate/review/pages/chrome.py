"""What stands around every page: tabs, who is signed in, how long they have worked, what can be undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Person, Role
from wetplate.review.pages import subjects
from wetplate.review.pages.worked import Worked, worked
from wetplate.review.tables import DecisionRow

TABS = (
    ("Queues", "/", Role.VIEWER),
    ("Notices", "/notices", Role.VIEWER),
    ("Accounts", "/accounts", Role.ADMIN),
)
MOST = 500
STEPS = 5  # of blur, as review.css has them
SAID: Mapping[str, str] = {
    "approve": "Approved",
    "reject": "Rejected",
    "redact": "To be redacted",
    "escalate": "Escalated",
    "skip": "Skipped",
    "uphold": "Upheld",
    "partial": "Upheld in part",
    "refuse": "Refused",
}


@dataclass(frozen=True)
class Undo:
    """A decision that does not count yet; `instead` is what was taken after it and goes back on undo."""

    task: int
    lease: int
    said: str
    about: str
    until: datetime
    seconds: int
    instead: TaskRow | None


def around(session: Session, who: Person, path: str, now: datetime) -> dict[str, Any]:
    """What `layout.html` asks for, for somebody who is signed in."""
    mine = tasks.held(session, who.id, now)
    return bare(who, path) | {
        "worked": worked(_decided(session, who.id), now, who.preferences.break_minutes),
        "undo": _undo(session, mine, now),
    }


def bare(who: Person | None, path: str = "") -> dict[str, Any]:
    """The same where nothing can be read: on a page that says why."""
    tabs = [(name, href, _within(path, href)) for name, href, least in TABS if who and who.may(least)]
    blur = who.preferences.blur if who else 0
    return {
        "person": who,
        "tabs": tabs,
        "theme": who.preferences.theme if who else "auto",
        "veil": -(-blur * STEPS // 100),
        "worked": Worked(),
        "undo": None,
    }


def _within(path: str, href: str) -> bool:
    at_queues = path == "/" or path.startswith(("/queue/", "/task/"))
    return at_queues if href == "/" else path.startswith(href)


def _decided(session: Session, reviewer: str) -> Sequence[datetime]:
    query = select(DecisionRow.at).where(DecisionRow.reviewer == reviewer).order_by(DecisionRow.id.desc())
    return session.scalars(query.limit(MOST)).all()


def _undo(session: Session, mine: Sequence[TaskRow], now: datetime) -> Undo | None:
    """The last proposal that can still be taken back."""
    proposed = [task for task in mine if task.proposed and task.commit_at and task.commit_at > now]
    if not proposed:
        return None
    last = max(proposed, key=lambda task: task.commit_at or now)
    others = [task for task in mine if not task.proposed]
    until = last.commit_at or now
    decision = str((last.proposed or {}).get("decision", ""))
    return Undo(
        last.id,
        last.lease or 0,
        SAID.get(decision, decision),
        subjects.title(session, last.subject),
        until,
        max(0, round((until - now).total_seconds())),
        max(others, key=lambda task: task.lease or 0, default=None),
    )

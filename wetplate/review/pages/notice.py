"""Notices: the list, and one notice. Receives the session.

Here: what stands on these pages. Not here: forms (`notice_steps`), what a notice says (`complaint`).

Rule: names and addresses of persons are shown to seniors only, after their reason was logged.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wetplate.errors import Erased
from wetplate.publication.notices import catalog
from wetplate.publication.notices.steps import State
from wetplate.publication.notices.tables import NoticeImageRow, NoticeRow
from wetplate.retention.personal import Wrapping
from wetplate.review import accesses
from wetplate.review.access import Person
from wetplate.review.pages import complaint, grants, notice_steps, words
from wetplate.review.pages.words import HEAD, QUEUES, Tag


@dataclass(frozen=True)
class Row:
    """A notice in the list."""

    id: str
    short: str
    kind: str
    state: Tag
    images: int
    at: datetime
    due: Tag | None


def listing(session: Session, now: datetime, *, over: bool) -> dict[str, Any]:
    """The list: what is due first."""
    rows = catalog.listed(session, over=over)
    count = select(NoticeImageRow.notice, func.count()).group_by(NoticeImageRow.notice)
    query = count.where(NoticeImageRow.notice.in_([row.id for row in rows]))
    images = dict(session.execute(query).all())
    late = sum(1 for row in rows if row.due_at and row.due_at <= now)
    said = f"{words.counted(len(rows), 'notice')} {'in all' if over else 'open'}"
    return {
        "title": "Notices",
        "lead": f"{said}, what is due first. {words.counted(late, 'is', 'are')} overdue."
        if rows
        else f"{said}.",
        "views": [("Open", "/notices", not over), ("All", "/notices?over=yes", over)],
        "notices": [_row(row, images.get(row.id, 0), now) for row in rows],
    }


def page(session: Session, who: Person, wrapping: Wrapping, notice_id: str, now: datetime) -> dict[str, Any]:
    """One notice. Raises NoticeUnknown."""
    shown = complaint.complaint(session, who, notice_id, now, wrapping)
    row = catalog.find(session, notice_id)
    may = who.may(grants.LEAST)
    task = notice_steps.waiting(session, row.id)
    return shown | {
        "title": f"Notice {row.id[:HEAD]}",
        "meaning": State(row.state).meaning,
        "steps": notice_steps.offered(session, row, shown["images"]) if may else [],
        "task": (task.id, QUEUES[task.queue].title) if task else None,
        "waits": "Nothing can be done now; the machine goes on by itself."
        if may
        else "Steps are taken by seniors.",
        "who": _persons(session, wrapping, row) if _opened(session, who, row, now) else [],
        "may_see": may,
        "may_copy": grants.granted(session, who, catalog.subject(row.id), accesses.EVIDENCE, now),
        "problem": "",
    }


def open_persons(session: Session, who: Person, notice_id: str, why: str) -> None:
    """Log that somebody is about to see who complained. Raises RoleRefused, FormRefused."""
    row = catalog.find(session, notice_id)
    grants.grant(session, who, catalog.subject(row.id), accesses.NOTICE, why)


def open_pictures(session: Session, who: Person, notice_id: str, why: str, now: datetime) -> None:
    """Log of each in quarantine that somebody is about to see it. Raises RoleRefused, FormRefused."""
    row = catalog.find(session, notice_id)
    for recipe_id in sorted(complaint.closed(session, who, row, now).values()):
        grants.grant(session, who, recipe_id, accesses.PIXELS, why)
    grants.grant(session, who, catalog.subject(row.id), accesses.PIXELS, why)


def _opened(session: Session, who: Person, row: NoticeRow, now: datetime) -> bool:
    return grants.granted(session, who, catalog.subject(row.id), accesses.NOTICE, now)


def _persons(session: Session, wrapping: Wrapping, row: NoticeRow) -> list[tuple[str, str]]:
    try:
        found = catalog.persons(session, wrapping, row.id)
    except Erased as erased:
        return [("Erased", str(erased))]
    named = [(name.replace("_", " ").capitalize(), value) for name, value in found.items()]
    return named or [("Nobody", "the notice names no person")]


def _row(row: NoticeRow, images: int, now: datetime) -> Row:
    due = words.due(row.due_at, now) if row.due_at and row.closed_at is None else None
    return Row(
        row.id,
        row.id[:HEAD],
        complaint.KINDS.get(row.kind, row.kind),
        complaint.state(row),
        images,
        row.at,
        due,
    )

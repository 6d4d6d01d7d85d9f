"""Who is signed in: sessions, the only writer of `sessions`.

Rules:
1. A session is a random token that only the browser has; the table has its SHA-256. It begins with a new
   token at each sign-in, whatever the browser sent before.
2. It ends when somebody signs out, has done nothing for `idle_minutes`, `session_hours` after it began, and
   at once when the reviewer is switched off or the password changes.
3. `find` reads reviewer and session together: nothing about a person is remembered from request to request.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wetplate.review import csrf
from wetplate.review.access import Person, Role
from wetplate.review.preferences import read
from wetplate.review.tables import ReviewerRow, SessionRow
from wetplate.settings import Reviewing

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: How exactly it is known when somebody was seen last: not every request is worth a write.
SEEN = timedelta(seconds=30)


@dataclass(frozen=True)
class Found:
    """A session that holds: its id (a hash) and whose it is."""

    id: str
    person: Person


def begin(session: Session, reviewer: str, reviewing: Reviewing, now: datetime) -> str:
    """A new session of this reviewer; the token for the cookie. What has ended is cleared away."""
    _sweep(session, reviewing, now)
    token = secrets.token_urlsafe(32)
    until = now + timedelta(hours=reviewing.session_hours)
    row = SessionRow(
        id=_id(token), reviewer=reviewer, csrf=csrf.token(), at=now, seen_at=now, expires_at=until
    )
    session.add(row)
    session.flush()
    return token


def find(session: Session, token: str, reviewing: Reviewing, now: datetime) -> Found | None:
    """Whose token this is, if the session holds and the reviewer is active."""
    if not TOKEN.fullmatch(token):
        return None
    pair = session.execute(
        select(SessionRow, ReviewerRow)
        .join(ReviewerRow, ReviewerRow.id == SessionRow.reviewer)
        .where(SessionRow.id == _id(token), SessionRow.expires_at > now, ReviewerRow.active)
        .where(SessionRow.seen_at > now - timedelta(minutes=reviewing.idle_minutes))
    ).one_or_none()
    if pair is None:
        return None
    row, reviewer = pair
    if row.seen_at < now - SEEN:
        session.execute(update(SessionRow).where(SessionRow.id == row.id).values(seen_at=now))
    return Found(row.id, Person(reviewer.id, Role(reviewer.role), row.csrf, read(reviewer.preferences)))


def end(session: Session, token: str) -> None:
    """Sign out. A token that is none of ours ends nothing."""
    session.execute(delete(SessionRow).where(SessionRow.id == _id(token)))


def end_all(session: Session, reviewer: str) -> None:
    """Sign this reviewer out everywhere."""
    session.execute(delete(SessionRow).where(SessionRow.reviewer == reviewer))


def end_every(session: Session) -> int:
    """Sign everybody out; how many sessions that were."""
    return len(session.scalars(delete(SessionRow).returning(SessionRow.id)).all())


def _sweep(session: Session, reviewing: Reviewing, now: datetime) -> None:
    idle = now - timedelta(minutes=reviewing.idle_minutes)
    session.execute(delete(SessionRow).where((SessionRow.expires_at <= now) | (SessionRow.seen_at <= idle)))


def _id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

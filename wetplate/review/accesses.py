"""Accesses: who looked at what is restricted, and why. The only writer of these rows.

Rules:
1. The row is written, and committed, before anything is shown.
2. It is evidence: chained per thing seen, never changed; people appear under their pseudonym. Why they
   looked loses e-mail addresses and telephone numbers.
"""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wetplate.errors import ReviewError
from wetplate.retention.contacts import scrubbed
from wetplate.review.tables import AccessRow

PIXELS, NOTICE, EVIDENCE, EXPORT = "pixels", "notice", "evidence", "export"
WHAT = (PIXELS, NOTICE, EVIDENCE, EXPORT)
WHY = 200  # characters
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 2))")


def saw(session: Session, stream: str, actor: str, what: str, why: str) -> AccessRow:
    """Record that somebody is about to see this; `stream` names it.

    A recipe's id or `notice:<id>`; of a whole table `decisions`, of the trail `audit`.
    """
    if what not in WHAT:
        raise ReviewError(f"{what!r} is nothing that is recorded as seen; known: {', '.join(WHAT)}")
    session.execute(ALONE, {"stream": stream})
    return AccessRow.append(session, stream, actor=actor, what=what, why=scrubbed(why.strip())[:WHY])


def of(session: Session, stream: str) -> Sequence[AccessRow]:
    """Who saw it, in order."""
    query = select(AccessRow).where(AccessRow.stream == stream).order_by(AccessRow.position)
    return session.scalars(query).all()

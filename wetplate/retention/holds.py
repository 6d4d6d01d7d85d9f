"""Legal holds: what must not be deleted or erased, whatever is due, until its matter is over.

Here: placing, lifting, asking. Not here: any deletion (whoever deletes calls `require_free` first).

Rules:
1. A hold is of one subject (a recipe's id, `notice:<id>`, a person's pseudonym) for one reason, which names
   its matter. Several stand side by side; lifting one leaves the others.
2. Placing and lifting are rows of a chain, never changed: who held what, why and when stays provable. A
   reason names a matter, no person; it loses e-mail addresses and telephone numbers.
3. Who deletes and who places a hold take turns by a lock on the subject until their transaction ends, so
   that nothing goes in the instant in which it is being held.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wetplate.errors import RetentionError
from wetplate.retention.contacts import scrubbed
from wetplate.retention.tables import HoldRow
from wetplate.storage.database import now

PLACE, LIFT = "place", "lift"
LOCK = 0x686F6C64


@dataclass(frozen=True)
class Hold:
    """A hold in force; `until` None: until it is lifted."""

    subject: str
    reason: str
    actor: str
    at: datetime
    until: datetime | None


def place(session: Session, subject: str, actor: str, reason: str, until: datetime | None = None) -> Hold:
    """Hold the subject for this reason; placed again, its end is the new one. Raises RetentionError."""
    _lock(session, subject)
    reason = scrubbed(reason)
    if not reason.strip():
        raise RetentionError("a legal hold needs a reason: the matter it stands for")
    if until is not None and until <= now():
        raise RetentionError(f"a legal hold until {until.isoformat()} is over before it begins")
    HoldRow.append(session, subject, action=PLACE, actor=actor, reason=reason, until=until)
    return in_force(_rows(session, subject), now())[reason]


def lift(session: Session, subject: str, actor: str, reason: str) -> None:
    """Lift the hold that was placed for this reason. Raises RetentionError when there is none."""
    _lock(session, subject)
    reason = scrubbed(reason)
    standing = in_force(_rows(session, subject), now())
    if reason not in standing:
        held = "; ".join(sorted(standing)) or "nothing"
        raise RetentionError(f"{subject} is not held for {reason!r}; it is held for: {held}")
    HoldRow.append(session, subject, action=LIFT, actor=actor, reason=reason, until=None)


def held(session: Session, subject: str) -> str | None:
    """Why the subject is held now; None when it is not."""
    return "; ".join(sorted(in_force(_rows(session, subject), now()))) or None


def require_free(session: Session, subject: str) -> None:
    """Raise RetentionError if the subject is held; else nobody can hold it until this transaction ends."""
    _lock(session, subject)
    if reason := held(session, subject):
        raise RetentionError(
            f"{subject} is under a legal hold ({reason}): nothing of it is deleted or erased until the hold "
            "is lifted (`wetplate hold lift`)"
        )


def standing(session: Session) -> Iterator[Hold]:
    """Every hold in force, by subject."""
    rows = session.scalars(select(HoldRow).order_by(HoldRow.stream, HoldRow.position))
    moment, streams = now(), dict[str, list[HoldRow]]()
    for row in rows:
        streams.setdefault(row.stream, []).append(row)
    for stream in streams.values():
        yield from in_force(stream, moment).values()


def in_force(rows: Iterable[HoldRow], moment: datetime) -> dict[str, Hold]:
    """The holds of one subject's rows, in their order, that stand at this moment, by reason. Pure."""
    found: dict[str, Hold] = {}
    for row in rows:
        found.pop(row.reason, None)
        if row.action == PLACE and (row.until is None or row.until > moment):
            found[row.reason] = Hold(row.stream, row.reason, row.actor, row.at, row.until)
    return found


def _rows(session: Session, subject: str) -> list[HoldRow]:
    return list(session.scalars(select(HoldRow).where(HoldRow.stream == subject).order_by(HoldRow.position)))


def _lock(session: Session, subject: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(subject))))

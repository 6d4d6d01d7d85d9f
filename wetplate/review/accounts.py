"""Who may sign in: accounts of reviewers, the only writer of `reviewers` and `account_events`.

Here: adding, finding, roles, passwords, tries, switching off, erasing. Not here: hashing (`passwords`), being
signed in (`sessions`), who may call what (the edge asks `access.require`).

Rules:
1. A pseudonym is drawn at random and never given twice. Name and e-mail go to the personal fields, and
   nowhere else.
2. A try is counted before it is looked at, in a transaction of its own: of a thousand tries at once not one
   is free. After FREE of them the account waits, longer each time, LONGEST at most; the right password sets
   the count back. While it waits, tries are not counted: nobody can keep somebody out for good.
3. Nobody changes their own role or switches themselves off. Roles of people who sign in by OpenID Connect
   come with each sign-in and are changed at the provider.
4. Whatever happens to an account is an event with an actor, for good.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import AccountRefused, SignInRefused
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.review import passwords, preferences, sessions
from wetplate.review.access import Role
from wetplate.review.preferences import Preferences
from wetplate.review.tables import AccountEventRow, ReviewerRow

LOCAL, ERASED = "local:", "erased:"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
FREE, FIRST_WAIT, LONGEST_WAIT = 5, timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True)
class Attempt:
    """A counted try to sign in: whose, and the hash to check it against; both None if it cannot succeed."""

    reviewer: str | None = None
    kept: str | None = None


def add(
    session: Session, name: str, role: Role, password: str, *, actor: str, wrapping: Wrapping,
    fields: Mapping[str, str] | None = None, hasher: PasswordHasher = passwords.HASHER,
) -> ReviewerRow:  # fmt: skip
    """A local reviewer, with a password. `fields` are personal: name, email. Raises AccountRefused."""
    if not NAME.fullmatch(name):
        raise AccountRefused(
            f"{name[:40]!r} is no name to sign in with: 2 to 32 of a-z, 0-9, dot, dash and underscore"
        )
    if _row(session, LOCAL + name) is not None:
        raise AccountRefused(f"there is a reviewer {name!r} already: take another name")
    row = _insert(session, LOCAL + name, role, passwords.hashed(password, name, hasher))
    personal.keep(session, wrapping, row.id, fields or {})
    _event(session, row.id, "added", actor, role=role.value, by="password")
    return row


def welcome(
    session: Session, login: str, role: Role, *, wrapping: Wrapping, fields: Mapping[str, str]
) -> ReviewerRow:
    """Somebody whom the provider vouches for: added at the first sign-in, the role taken over at each.

    Raises SignInRefused if the account is switched off here.
    """
    row = _row(session, login, lock=True)
    if row is None:
        row = _insert(session, login, role, None)
        _event(session, row.id, "added", "provider", role=role.value, by="oidc")
    if not row.active:
        raise SignInRefused("this account is switched off here: ask somebody with the role admin")
    if row.role != role:
        _event(session, row.id, "role", "provider", role=role.value, before=row.role)
        row.role = role.value
    personal.keep(session, wrapping, row.id, fields)
    return row


def attempt(session: Session, name: str, now: datetime) -> Attempt:
    """Count one try for this name; commit it before looking whether the password fits.

    That commit waits for no disk: a try that is counted would take longer than one of a name that nobody has,
    and tell them apart. A crash of Postgres may forget the last tries.
    """
    session.execute(text("SET LOCAL synchronous_commit = off"))
    row = _row(session, LOCAL + name, lock=True) if NAME.fullmatch(name) else None
    if row is None or not row.active or row.password is None:
        return Attempt()
    if row.locked_until is not None and now < row.locked_until:
        return Attempt()
    row.failures += 1
    row.locked_until = now + wait(row.failures) if row.failures >= FREE else None
    return Attempt(row.id, row.password)


def wait(failures: int) -> timedelta:
    """For how long an account takes no further try after so many wrong ones."""
    doublings = min(max(0, failures - FREE), 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def succeeded(
    session: Session, reviewer: str, password: str, hasher: PasswordHasher = passwords.HASHER
) -> None:
    """The right password: no waiting any more, and a hash of today's cost."""
    row = of(session, reviewer)
    row.failures, row.locked_until = 0, None
    if row.password is not None and passwords.outdated(row.password, hasher):
        row.password = passwords.rehashed(password, hasher)
    signed_in(session, reviewer, "password")


def signed_in(session: Session, reviewer: str, by: str) -> None:
    """Record that somebody signed in, and by what: password or oidc."""
    _event(session, reviewer, "signed_in", reviewer, by=by)


def of(session: Session, reference: str) -> ReviewerRow:
    """By pseudonym, login or local name. Raises AccountRefused."""
    logins = (reference, LOCAL + reference)
    found = session.scalars(
        select(ReviewerRow).where((ReviewerRow.id == reference) | ReviewerRow.login.in_(logins))
    ).one_or_none()
    if found is None:
        raise AccountRefused(f"no reviewer {reference[:60]!r}: `wetplate review account list` names them")
    return found


def listed(session: Session) -> Sequence[ReviewerRow]:
    """Everybody, in the order in which they came."""
    return session.scalars(select(ReviewerRow).order_by(ReviewerRow.at, ReviewerRow.id)).all()


def change_role(session: Session, reference: str, role: Role, *, actor: str) -> ReviewerRow:
    """Give another role; it counts from the next request. Raises AccountRefused."""
    row = _changed_by_another(session, reference, actor)
    if not row.login.startswith(LOCAL):
        raise AccountRefused("this role comes from the identity provider at each sign-in: change it there")
    if row.role != role:
        _event(session, row.id, "role", actor, role=role.value, before=row.role)
        row.role = role.value
    return row


def change_password(session: Session, reference: str, password: str, *, actor: str) -> ReviewerRow:
    """Another password: all sessions end, and the account waits no more. Raises AccountRefused."""
    row = of(session, reference)
    if not row.login.startswith(LOCAL):
        raise AccountRefused("this reviewer signs in at the identity provider and has no password here")
    row.password = passwords.hashed(password, row.login.removeprefix(LOCAL))
    row.failures, row.locked_until = 0, None
    sessions.end_all(session, row.id)
    _event(session, row.id, "password", actor)
    return row


def switch(session: Session, reference: str, active: bool, *, actor: str) -> ReviewerRow:
    """Let somebody in again, or keep them out from the next request on. Raises AccountRefused."""
    row = _changed_by_another(session, reference, actor)
    if row.login.startswith(ERASED):
        raise AccountRefused("this account was erased: add another one")
    if row.active != active:
        row.active = active
        _event(session, row.id, "on" if active else "off", actor)
    if not active:
        sessions.end_all(session, row.id)
    return row


def prefer(session: Session, reviewer: str, chosen: Preferences) -> None:
    """Keep what somebody prefers. Raises FormRefused."""
    stored = preferences.write(chosen)
    session.execute(update(ReviewerRow).where(ReviewerRow.id == reviewer).values(preferences=stored))


def erase(session: Session, reference: str, *, actor: str) -> ReviewerRow:
    """Forget who somebody was: login, password, name, e-mail. What they decided stays, under the pseudonym.

    Raises AccountRefused, and RetentionError under a legal hold.
    """
    row = _changed_by_another(session, reference, actor)
    personal.erase(session, row.id, actor)
    sessions.end_all(session, row.id)
    if not row.login.startswith(ERASED):
        _event(session, row.id, "erased", actor)
    row.login, row.password, row.active, row.preferences = ERASED + row.id, None, False, {}
    return row


def _changed_by_another(session: Session, reference: str, actor: str) -> ReviewerRow:
    row = of(session, reference)
    if actor == row.id:
        raise AccountRefused(
            "nobody changes their own account this way: ask somebody else with the role admin"
        )
    return row


def _row(session: Session, login: str, *, lock: bool = False) -> ReviewerRow | None:
    query = select(ReviewerRow).where(ReviewerRow.login == login)
    return session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()


def _insert(session: Session, login: str, role: Role, password: str | None) -> ReviewerRow:
    """A row under a pseudonym that nobody has. Of two racing first sign-ins one adds it, both find it."""
    while True:
        drawn = f"r-{secrets.token_hex(4)}"
        values: dict[str, Any] = {
            "id": drawn,
            "login": login,
            "role": role.value,
            "password": password,
            "preferences": {},
        }
        session.execute(insert(ReviewerRow).values(values).on_conflict_do_nothing())
        if (found := _row(session, login, lock=True)) is not None:
            return found


def _event(session: Session, reviewer: str, event: str, actor: str, **details: str) -> None:
    """One more event of this account; whoever writes the next one waits for this transaction."""
    session.get_one(ReviewerRow, reviewer, with_for_update={"key_share": True})
    AccountEventRow.append(session, reviewer, event=event, actor=actor, details=details)

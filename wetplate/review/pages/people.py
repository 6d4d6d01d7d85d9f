"""Somebody's own preferences, and everybody's accounts. Receives the session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from wetplate.moderation.taxonomy import SLUGS
from wetplate.review import accounts
from wetplate.review.access import Person, Role
from wetplate.review.pages import words
from wetplate.review.pages.words import Tag
from wetplate.review.preferences import Preferences
from wetplate.review.tables import ReviewerRow

BLURS = (
    (0, "not at all"),
    (20, "a little"),
    (40, "some"),
    (60, "so that shapes are left"),
    (80, "much"),
    (100, "beyond all shapes"),
)
THEMES = (("auto", "as this machine has them"), ("light", "light"), ("dark", "dark"))
BREAKS = (0, 20, 30, 50, 90, 120)


@dataclass(frozen=True)
class Account:
    """One line of the table."""

    id: str
    how: str
    at: datetime
    state: Tag
    role: str
    active: bool
    local: bool


def me(who: Person, chosen: Preferences, saved: bool = False, problem: str = "") -> dict[str, Any]:
    """The page of preferences; what is chosen is offered, also where the lists lack it."""
    return {
        "title": "Preferences",
        "saved": saved,
        "problem": problem,
        "chosen": chosen,
        "blurs": _with(list(BLURS), chosen.blur, f"{chosen.blur} percent"),
        "themes": THEMES,
        "breaks": _with(
            [(each, _minutes(each)) for each in BREAKS], chosen.break_minutes, _minutes(chosen.break_minutes)
        ),
        "slugs": list(SLUGS.items()),
    }


def listing(session: Session, saved: str = "") -> dict[str, Any]:
    """Everybody who may sign in, or might once."""
    rows = [_account(row) for row in accounts.listed(session)]
    active = sum(row.active for row in rows)
    return {
        "title": "Accounts",
        "lead": f"{words.counted(len(rows), 'account')}, {active} switched on.",
        "accounts": rows,
        "roles": [role.value for role in Role],
        "saved": saved,
    }


def _account(row: ReviewerRow) -> Account:
    state = Tag("on", "good", "check") if row.active else Tag("off", "bad", "lock")
    local = row.login.startswith(accounts.LOCAL)
    how = (
        "with a password"
        if local
        else "not any more"
        if row.login.startswith(accounts.ERASED)
        else "by the provider"
    )
    return Account(row.id, how, row.at, state, row.role, row.active, local)


def _minutes(number: int) -> str:
    return f"{number} minutes" if number else "never"


def _with(offered: list[tuple[int, str]], value: int, text: str) -> list[tuple[int, str]]:
    return sorted({**{value: text}, **dict(offered)}.items())

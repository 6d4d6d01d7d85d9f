"""Holds stand per subject and reason, and end when lifted or over."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from wetplate.errors import RetentionError
from wetplate.retention.holds import held, in_force, lift, place, require_free, standing
from wetplate.retention.tables import HoldRow
from wetplate.storage.database import now

T = datetime(2026, 1, 1, tzinfo=UTC)


def row(action: str, reason: str = "a", until: datetime | None = None) -> HoldRow:
    return HoldRow(stream="x", action=action, reason=reason, actor="me", until=until, at=T)


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ([], []),
        ([row("place")], ["a"]),
        ([row("place"), row("lift")], []),
        ([row("place"), row("place", "b"), row("lift")], ["b"]),
        ([row("place"), row("lift"), row("place")], ["a"]),
        ([row("place", until=T)], []),
        ([row("place", until=T + timedelta(seconds=1))], ["a"]),
        ([row("place"), row("place", until=T)], []),
    ],
)
def test_what_stands_at_a_moment(rows: list[HoldRow], reasons: list[str]) -> None:
    assert sorted(in_force(rows, T)) == reasons


def test_several_reasons_stand_side_by_side(session: Session) -> None:
    assert held(session, "x") is None
    place(session, "x", "me", "case 1")
    place(session, "x", "me", "case 2", now() + timedelta(days=1))
    place(session, "y", "me", "case 1")
    assert held(session, "x") == "case 1; case 2"
    lift(session, "x", "me", "case 1")
    assert held(session, "x") == "case 2"
    assert [(hold.subject, hold.reason) for hold in standing(session)] == [("x", "case 2"), ("y", "case 1")]


def test_only_what_is_held_is_lifted(session: Session) -> None:
    place(session, "x", "me", "case 1")
    with pytest.raises(RetentionError, match="it is held for: case 1"):
        lift(session, "x", "me", "case 2")
    with pytest.raises(RetentionError, match="held for: nothing"):
        lift(session, "y", "me", "case 1")


def test_a_hold_needs_a_reason_and_a_future(session: Session) -> None:
    with pytest.raises(RetentionError, match="needs a reason"):
        place(session, "x", "me", " ")
    with pytest.raises(RetentionError, match="over before it begins"):
        place(session, "x", "me", "case 1", T)


def test_nothing_is_held_while_it_is_being_deleted(database: Engine) -> None:
    with Session(database) as deleting, Session(database) as holding:
        require_free(deleting, "x")
        holding.execute(text("SET lock_timeout = '50ms'"))
        with pytest.raises(Exception, match="lock timeout"):
            place(holding, "x", "me", "case 1")
        holding.rollback()
        place(holding, "y", "me", "case 1")

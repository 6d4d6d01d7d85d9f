"""Sessions: they begin with a new token, end when they should, and remember nothing about a person."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Engine, select

from tests.review.people import add, console_settings, signed_in
from wetplate.errors import RoleRefused
from wetplate.review import accounts, sessions
from wetplate.review.access import Person, Role, require
from wetplate.review.tables import SessionRow
from wetplate.storage.database import transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = console_settings(session_hours=12, idle_minutes=60)


def found(database: Engine, token: str, at: datetime = NOON) -> Person | None:
    with transaction(database) as session:
        known = sessions.find(session, token, SETTINGS, at)
        return known.person if known else None


@pytest.fixture
def token(catalog: Engine) -> str:
    reviewer = add(catalog, Role.REVIEWER)
    with transaction(catalog) as session:
        return sessions.begin(session, reviewer, SETTINGS, NOON)


def test_the_table_cannot_sign_anybody_in(token: str, catalog: Engine) -> None:
    with transaction(catalog) as session:
        for row in session.scalars(select(SessionRow)):
            assert token not in (row.id, row.csrf)
            assert found(catalog, row.id) is None
    assert found(catalog, token) is not None


def test_every_session_has_a_token_and_a_form_token_of_its_own(catalog: Engine) -> None:
    one = signed_in(catalog, Role.VIEWER)
    other = signed_in(catalog, Role.VIEWER, one.id)
    assert len({one.token, other.token, one.csrf, other.csrf}) == 4
    assert one.csrf not in repr(found(catalog, one.token, datetime.now(UTC)))


def test_idle_sessions_end(token: str, catalog: Engine) -> None:
    minute = timedelta(minutes=1)
    assert found(catalog, token, NOON + 59 * minute)
    assert found(catalog, token, NOON + 118 * minute)
    assert not found(catalog, token, NOON + 178 * minute)


def test_every_session_ends_after_its_hours_however_busy(token: str, catalog: Engine) -> None:
    half = timedelta(minutes=30)
    assert all(found(catalog, token, NOON + half * n) for n in range(24))
    assert not found(catalog, token, NOON + half * 24)


def test_a_busy_page_is_not_written_down_with_every_request(token: str, catalog: Engine) -> None:
    for seconds, seen in ((20, 0), (40, 40), (60, 40)):
        assert found(catalog, token, NOON + timedelta(seconds=seconds))
        with transaction(catalog) as session:
            row = session.get_one(SessionRow, sha256(token.encode()).hexdigest())
            assert row.seen_at == NOON + timedelta(seconds=seen)


def test_signing_out_ends_it_and_no_other(catalog: Engine) -> None:
    one = signed_in(catalog, Role.VIEWER)
    other = signed_in(catalog, Role.VIEWER, one.id)
    with transaction(catalog) as session:
        sessions.end(session, one.token)
        sessions.end(session, "no token of ours")
    now = datetime.now(UTC)
    assert found(catalog, one.token, now) is None
    assert found(catalog, other.token, now) is not None


def test_what_has_ended_is_cleared_away(catalog: Engine) -> None:
    reviewer = add(catalog, Role.VIEWER)
    with transaction(catalog) as session:
        sessions.begin(session, reviewer, SETTINGS, NOON)
        sessions.begin(session, reviewer, SETTINGS, NOON + timedelta(days=2))
        assert len(session.scalars(select(SessionRow).where(SessionRow.reviewer == reviewer)).all()) == 1


def test_a_role_counts_from_the_next_request(catalog: Engine) -> None:
    one = signed_in(catalog, Role.SENIOR)
    now = datetime.now(UTC)
    for role in (Role.VIEWER, Role.ADMIN):
        with transaction(catalog) as session:
            accounts.change_role(session, one.id, role, actor="cli")
        person = found(catalog, one.token, now)
        assert person is not None
        assert person.role is role


def test_somebody_switched_off_is_out_at_once_and_signs_in_anew_later(catalog: Engine) -> None:
    one = signed_in(catalog, Role.SENIOR)
    now = datetime.now(UTC)
    for active in (False, True):
        with transaction(catalog) as session:
            accounts.switch(session, one.id, active, actor="cli")
        assert found(catalog, one.token, now) is None


def test_a_sign_in_that_races_with_being_switched_off_opens_nothing(catalog: Engine) -> None:
    reviewer = add(catalog, Role.SENIOR)
    with transaction(catalog) as session:
        accounts.switch(session, reviewer, False, actor="cli")
        token = sessions.begin(session, reviewer, SETTINGS, NOON)
    assert found(catalog, token) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 44, "é" * 43, "'" * 43, "x" * 42 + "\n"])
def test_what_is_no_token_finds_nobody(token: str, catalog: Engine) -> None:
    assert found(catalog, token) is None


def test_a_token_is_all_of_it(token: str, catalog: Engine) -> None:
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert found(catalog, changed) is None
    assert found(catalog, token[:-1]) is None


def test_each_role_may_do_what_those_before_it_may() -> None:
    assert sorted([Role.ADMIN, Role.VIEWER, Role.SENIOR, Role.REVIEWER]) == list(Role)
    for least in Role:
        for role in Role:
            person = Person("r-00000000", role, "")
            allowed = list(Role).index(role) >= list(Role).index(least)
            assert person.may(least) is allowed
            if allowed:
                require(person, least)
            else:
                with pytest.raises(RoleRefused, match=f"needs the role {least} and yours is {role}"):
                    require(person, least)

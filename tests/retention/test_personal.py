"""Personal fields are sealed per person, and erasing one person leaves the others."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wetplate.errors import Erased, RetentionError, SettingError
from wetplate.retention import holds, personal
from wetplate.retention.personal import Wrapping, keep, open_sealed, read, seal, wrapping
from wetplate.retention.tables import ErasureRow, PersonalKeyRow, PersonalRow
from wetplate.settings import reviewing
from wetplate.storage.database import now

WRAPPING = Wrapping((b"w" * 32,))
FIELDS = {"name": "Zoë Ångström", "email": "zoe@example.org"}


def test_what_was_kept_is_read(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    keep(session, WRAPPING, "person-1", {"email": "new@example.org"})
    assert read(session, WRAPPING, "person-1") == {**FIELDS, "email": "new@example.org"}
    assert read(session, WRAPPING, "nobody") == {}


def test_nothing_readable_stands_in_the_table(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    stored = b"".join(session.scalars(select(PersonalRow.sealed)))
    assert not any(value.encode() in stored for value in FIELDS.values())


def test_erasing_destroys_key_and_fields_and_is_recorded(session: Session) -> None:
    for subject in ("person-1", "person-2"):
        keep(session, WRAPPING, subject, FIELDS)
    assert personal.erase(session, "person-1", "person:dpo", "request 7") == 2
    row = session.scalars(select(ErasureRow)).one()
    assert (row.stream, row.actor, row.reason, row.fields) == (
        "person-1",
        "person:dpo",
        "request 7",
        ["email", "name"],
    )
    with pytest.raises(Erased, match="person-1"):
        read(session, WRAPPING, "person-1")
    assert read(session, WRAPPING, "person-2") == FIELDS


def test_erasing_twice_or_nobody_is_no_error(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    assert [personal.erase(session, name, "me") for name in ("person-1", "person-1", "nobody")] == [2, 0, 0]
    assert len(session.scalars(select(ErasureRow)).all()) == 1


def test_an_erased_subject_takes_nothing_again(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    personal.erase(session, "person-1", "me")
    with pytest.raises(Erased):
        keep(session, WRAPPING, "person-1", FIELDS)


def test_a_hold_forbids_erasing_until_it_is_lifted(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    holds.place(session, "person-1", "me", "case 12", now() + timedelta(days=1))
    with pytest.raises(RetentionError, match=r"case 12.*wetplate hold lift"):
        personal.erase(session, "person-1", "me")
    assert read(session, WRAPPING, "person-1") == FIELDS
    holds.lift(session, "person-1", "me", "case 12")
    assert personal.erase(session, "person-1", "me") == 2


@pytest.mark.parametrize(
    ("changed", "read_as"), [({"subject": "person-2"}, "person-2"), ({"field": "x"}, "person-1")]
)
def test_a_sealed_field_opens_nowhere_else(session: Session, changed: dict[str, str], read_as: str) -> None:
    keep(session, WRAPPING, "person-1", {"name": "A"})
    keep(session, WRAPPING, "person-2", {"town": "B"})
    session.execute(update(PersonalRow).where(PersonalRow.subject == "person-1").values(changed))
    session.expire_all()
    with pytest.raises(RetentionError, match="altered, moved"):
        read(session, WRAPPING, read_as)


def test_a_subject_s_key_unwraps_for_no_other(session: Session) -> None:
    for subject in ("person-1", "person-2"):
        keep(session, WRAPPING, subject, FIELDS)
    session.flush()
    stolen = session.get_one(PersonalKeyRow, "person-2").key
    session.get_one(PersonalKeyRow, "person-1").key = stolen
    session.flush()
    with pytest.raises(RetentionError):
        read(session, WRAPPING, "person-1")


def test_another_wrapping_key_opens_nothing_and_an_older_one_still_does(session: Session) -> None:
    keep(session, WRAPPING, "person-1", FIELDS)
    with pytest.raises(RetentionError, match="WETPLATE_PERSONAL_KEY"):
        read(session, Wrapping((b"x" * 32,)), "person-1")
    assert read(session, Wrapping((b"x" * 32, b"w" * 32)), "person-1") == FIELDS


def test_the_wrapping_key_is_made_once_and_shown_by_nothing(tmp_path: Path) -> None:
    first = wrapping(reviewing(), tmp_path)
    assert wrapping(reviewing(), tmp_path) == first
    assert first.keys[0].hex() not in repr(first)
    assert (tmp_path / "personal.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("value", ["abc", "00" * 31, "zz" * 32, "00" * 32 + ","])
def test_a_bad_wrapping_key_is_refused_unquoted(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WETPLATE_PERSONAL_KEY", value)
    with pytest.raises(SettingError, match="64 hex digits") as refused:
        wrapping(reviewing(), tmp_path)
    assert value not in str(refused.value)


@given(st.binary(max_size=50), st.binary(max_size=20), st.binary(max_size=20))
def test_sealing_binds_the_place(plain: bytes, place: bytes, other: bytes) -> None:
    sealed = seal(b"k" * 32, place, plain)
    assert open_sealed([b"k" * 32], place, sealed) == plain
    if other != place:
        with pytest.raises(RetentionError):
            open_sealed([b"k" * 32], other, sealed)

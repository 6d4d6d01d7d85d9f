"""Words: sealed, proved by their reference, gone for good; contacts are cut from what must stay."""

import pytest
from sqlalchemy.orm import Session

from wetplate.errors import RetentionError
from wetplate.retention import personal, words
from wetplate.retention.contacts import scrubbed
from wetplate.retention.personal import Wrapping
from wetplate.retention.tables import PersonalRow

WRAPPING = Wrapping((b"w" * 32,))
SUBJECT = "decision:7"


def test_words_are_read_until_they_are_erased(session: Session) -> None:
    kept = words.keep(session, WRAPPING, SUBJECT, "ask Grace Hopper")
    assert words.read(session, WRAPPING, SUBJECT, kept) == "ask Grace Hopper"
    assert words.read(session, None, SUBJECT, kept) == words.SEALED
    assert words.keep(session, WRAPPING, SUBJECT, "ask Grace Hopper") != kept, "nobody can try out names"
    assert words.shown(session, WRAPPING, SUBJECT, {"note": kept, "of": "x", "images": [kept]}) == {
        "note": "ask Grace Hopper",
        "of": "x",
        "images": [kept],
    }
    personal.erase(session, SUBJECT, "person:x")
    assert words.read(session, WRAPPING, SUBJECT, kept) == words.ERASED
    assert words.keep(session, WRAPPING, SUBJECT, "again") == ""
    assert words.keep(session, None, SUBJECT, " ") == ""


def test_words_are_never_kept_in_the_clear(session: Session) -> None:
    with pytest.raises(RetentionError, match="no key for it"):
        words.keep(session, None, SUBJECT, "ask Grace Hopper")
    with pytest.raises(RetentionError, match="not the words"):
        words.reference("ask Grace Hopper")
    assert words.reference("") == ""


def test_other_words_than_the_recorded_ones_are_noticed(session: Session) -> None:
    kept = words.keep(session, WRAPPING, SUBJECT, "no")
    personal.keep(session, WRAPPING, SUBJECT, {kept: "0" * words.SALT + "yes"})
    assert session.get(PersonalRow, (SUBJECT, kept)) is not None
    with pytest.raises(RetentionError, match="not those that were recorded"):
        words.read(session, WRAPPING, SUBJECT, kept)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ask grace.hopper@example.org", "ask [removed]"),
        ("call +49 170 123 45 67 now", "call [removed] now"),
        ("call (0170) 1234567", "call [removed]"),
        ("case 12/26 of 2026-11-23 10:00", "case 12/26 of 2026-11-23 10:00"),
        ("notice:0123456789abcdef", "notice:0123456789abcdef"),
        ("notice:0123456789012345", "notice:0123456789012345"),
        ("order 4711-0815-2026", "order 4711-0815-2026"),
    ],
)
def test_contacts_are_cut(text: str, kept: str) -> None:
    assert scrubbed(text) == kept

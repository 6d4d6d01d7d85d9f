"""What a notice must say: the tables of the law, read field by field."""

import pytest

from wetplate.errors import NoticeError, UnknownReason
from wetplate.moderation import taxonomy
from wetplate.publication.notices import grounds, kinds
from wetplate.publication.notices.kinds import Kind

WHOLE = {"reason": "x", "work": "x", "name": "x", "email": "x", "address": "x", "signature": "x",
         "good_faith": True, "accurate": True, "authorised": True}  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_missing_of_a_whole_notice_and_each_thing_of_one_without_it(kind: Kind) -> None:
    assert kinds.missing(kind, WHOLE, ["/x"]) == {}
    for name, law in kinds.REQUIRED[kind].items():
        said = {field: value for field, value in WHOLE.items() if field != name}
        assert kinds.missing(kind, said, [] if name == "where" else ["/x"]) == {name: law}


def test_the_law_asks_for_fields_that_there_are() -> None:
    asked = {name for fields in kinds.REQUIRED.values() for name in fields} - {"where"}
    assert asked <= set(kinds.FIELDS)
    assert set(kinds.COUNTER) <= set(kinds.COUNTER_FIELDS)


def test_who_reports_the_abuse_of_children_may_stay_unnamed_and_is_heard_first() -> None:
    said = {"reason": "x", "good_faith": True, "minor": True}
    assert kinds.missing(Kind.DSA, said, ["/x"]) == {}
    assert kinds.decided_within(Kind.DSA, said) < kinds.decided_within(Kind.DSA, {})


def test_persons_are_set_apart() -> None:
    personal, words, rest = kinds.apart({"name": "A", "reason": "x", "good_faith": True})
    assert (personal, words, rest) == ({"name": "A"}, {"reason": "x"}, {"good_faith": True})


def test_what_is_said_is_trimmed_and_what_is_empty_is_not_said() -> None:
    said = {"reason": " a\x00\u202eb \n", "name": "", "good_faith": "on", "accurate": "no"}
    assert kinds.checked(said) == {"reason": "ab", "good_faith": True}


@pytest.mark.parametrize("said", [{"oops": "x"}, {"reason": 3}, {"name": "x" * 201}])
def test_what_cannot_be_said(said: dict[str, object]) -> None:
    with pytest.raises(NoticeError):
        kinds.checked(said)
    with pytest.raises(NoticeError):
        kinds.kind("law")


def test_grounds_speak_the_vocabulary_of_the_taxonomy() -> None:
    known = {slug.dsa for slug in taxonomy.load().slugs.values()}
    assert {ground.category for ground in grounds.GROUNDS.values()} <= known
    for refuse in (grounds.ground, grounds.refusal):
        with pytest.raises(UnknownReason, match="choose one of"):
            refuse("because")

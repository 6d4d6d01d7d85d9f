"""Conditional and partial requests, as RFC 9110 has them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.conditional import Answer, answer, current, etag, matches, part

TAG = etag("ab" * 32)
LENGTH = 1_000
WHOLE = Answer(200, 0, LENGTH, LENGTH)
NOTHING = Answer(416, 0, 0, LENGTH)


def partly(start: int, stop: int) -> Answer:
    return Answer(206, start, stop, LENGTH)


def test_an_etag_is_the_quoted_digest() -> None:
    assert etag("ab12") == '"ab12"'


@pytest.mark.parametrize(
    "header",
    [
        TAG, f"W/{TAG}", "*", " * ", f' {TAG} ', f'"x", {TAG}', f'{TAG},"x"', f'"x",W/{TAG} , "y"',
        f'"a,b", {TAG}', f'"x"{TAG}', f",,{TAG},,", f'"", {TAG}',
    ],
)  # fmt: skip
def test_if_none_match_knows_it(header: str) -> None:
    assert matches(header, TAG)
    assert answer({"if-none-match": header}, TAG, LENGTH) == Answer(304, 0, 0, LENGTH)
    assert answer({"if-none-match": header}, TAG, LENGTH, "HEAD").status == 304


@pytest.mark.parametrize(
    "header",
    [
        "",
        '"x"',
        "ab" * 32,
        f"w/{TAG[1:]}",
        TAG[:-1],
        TAG[1:],
        TAG.upper(),
        '"*"',
        "**",
        f'"{"ab" * 31}"',
        "W/*",
    ],
)
def test_if_none_match_does_not_know_it(header: str) -> None:
    assert not matches(header, TAG)
    assert answer({"if-none-match": header}, TAG, LENGTH) == WHOLE


def test_if_match_compares_strongly() -> None:
    assert answer({"if-match": TAG}, TAG, LENGTH) == WHOLE
    assert answer({"if-match": "*"}, TAG, LENGTH) == WHOLE
    assert answer({"if-match": f'"x", {TAG}'}, TAG, LENGTH) == WHOLE
    assert answer({"if-match": f"W/{TAG}"}, TAG, LENGTH).status == 412
    assert answer({"if-match": '"x"', "if-none-match": TAG}, TAG, LENGTH).status == 412


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", partly(0, 1)), ("bytes=0-", partly(0, 1_000)), ("bytes=0-999", partly(0, 1_000)),
        ("bytes=10-19", partly(10, 20)), ("bytes=999-", partly(999, 1_000)),
        ("bytes=10-5000", partly(10, 1_000)), ("bytes=-1", partly(999, 1_000)),
        ("bytes=-1000", partly(0, 1_000)), ("bytes=-5000", partly(0, 1_000)), ("Bytes=0-0", partly(0, 1)),
        ("bytes = 0-0", partly(0, 1)), ("bytes=0-0 ", partly(0, 1)),
        ("bytes=0-" + "9" * 1_000, partly(0, 1_000)), ("bytes=-" + "9" * 1_000, partly(0, 1_000)),
        ("bytes=-0", NOTHING), ("bytes=1000-", NOTHING), ("bytes=1000-2000", NOTHING),
        ("bytes=" + "9" * 1_000 + "-", NOTHING), ("bytes=-000", NOTHING), ("", WHOLE), ("bytes", WHOLE),
        ("bytes=", WHOLE), ("bytes=-", WHOLE), ("bytes=5-4", WHOLE), ("bytes=a-b", WHOLE),
        ("bytes=0-1-2", WHOLE), ("bytes=--1", WHOLE), ("bytes=+0-1", WHOLE), ("bytes=0x0-1", WHOLE),
        ("bytes=٠-١", WHOLE), ("items=0-1", WHOLE), ("bytes=0-1,", WHOLE), ("bytes=0-1,2-3", WHOLE),
        ("bytes=0-,0-,0-", WHOLE), ("bytes=" + ",".join(f"{n}-{n}" for n in range(1_000)), WHOLE),
        ("bytes=" + "0-," * 1_000 + "0-", WHOLE), ("bytes=0-1, bytes=2-3", WHOLE),
        ("bytes=" + "9" * 5_000 + "-", WHOLE),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_ranges(header: str, expected: Answer) -> None:
    assert part(header, LENGTH) == expected
    assert answer({"range": header}, TAG, LENGTH) == expected
    assert answer({"range": header}, TAG, LENGTH, "HEAD") == WHOLE


def test_content_range() -> None:
    assert partly(10, 20).headers == {"Content-Range": "bytes 10-19/1000"}
    assert NOTHING.headers == {"Content-Range": "bytes */1000"}
    assert WHOLE.headers == {}


@pytest.mark.parametrize(
    ("if_range", "holds"),
    [
        *((TAG, True), (f" {TAG} ", True), (f"W/{TAG}", False), ('"x"', False), ("*", False), ("", False)),
        *(("Sun, 22 Nov 2026 20:40:52 GMT", False), (f'{TAG}, "x"', False)),
    ],
)
def test_if_range_holds_for_this_very_file_only(if_range: str, holds: bool) -> None:
    assert current(if_range, TAG) == holds
    got = answer({"range": "bytes=0-0", "if-range": if_range}, TAG, LENGTH)
    assert got == (partly(0, 1) if holds else WHOLE)


def test_if_range_without_a_range_and_what_is_known_come_to_nothing() -> None:
    assert answer({"if-range": '"x"'}, TAG, LENGTH) == WHOLE
    assert answer({"range": "bytes=0-0", "if-none-match": TAG}, TAG, LENGTH).status == 304
    assert answer({}, TAG, LENGTH) == WHOLE


def test_an_empty_body_has_no_part() -> None:
    assert part("bytes=0-", 0) == part("bytes=-1", 0) == Answer(416, 0, 0, 0)


@given(st.integers(0, 50), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_part_is_what_python_would_slice(length: int, first: int, last: int | None) -> None:
    body = bytes(range(length))
    got = part(f"bytes={first}-{'' if last is None else last}", length)
    assert body[got.start : got.stop] == (
        body if got.status == 200 else body[first : None if last is None else last + 1]
    )
    assert (got.status == 416) == (first >= length and (last is None or last >= first))


@given(st.text('bytes=0123-, W/"*ab', max_size=40))
def test_any_header_is_answered(text: str) -> None:
    for name in ("range", "if-range", "if-none-match", "if-match"):
        got = answer({"range": "bytes=0-9", name: text}, TAG, LENGTH)
        assert got.status in (200, 206, 304, 412, 416)
        assert 0 <= got.start <= got.stop <= LENGTH


@pytest.mark.parametrize("piece", ['"', 'W/"', '",', "W/", "*", "0-,", "-", " ", "bytes="])
def test_eight_kilobytes_take_no_time(piece: str) -> None:
    for size in (4_096, 8_192, 65_536):
        text = (piece * size)[:size]
        started = time.thread_time()
        for name in ("range", "if-range", "if-none-match", "if-match"):
            answer({"range": "bytes=0-9", name: text}, TAG, LENGTH)
        assert time.thread_time() - started < 0.050

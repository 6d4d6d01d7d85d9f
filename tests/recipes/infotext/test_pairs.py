"""The line of pairs: what A1111's own regular expression would find, and nothing lost in silence."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.recipes.infotext.pairs import KEY, quoted, scan

# The tool's grammar as one expression: the oracle. Only the scan of hostile lines differs, by its speed.
ORACLE = re.compile(r'\s*(?P<key>\w[-/ \w]+):\s*(?P<value>"(?:[^"\\]|\\.)+"|[^,]*)(?:,|\Z)')
LINES = st.text(st.sampled_from('ab1_ :,"\\-/x\té½'), max_size=60)


def found(line: str) -> list[tuple[str, str | None]]:
    return [(pair.key, pair.value) for pair in scan(line)[0]]


@given(LINES)
def test_finds_what_the_tool_finds(line: str) -> None:
    assert [key for key, _ in found(line)] == [match["key"] for match in ORACLE.finditer(line)]


@given(LINES)
def test_an_unquoted_value_is_what_stands_up_to_the_comma(line: str) -> None:
    for (_, value), match in zip(found(line), ORACLE.finditer(line), strict=True):
        if '"' not in match["value"]:
            assert (value or "") == match["value"]


@given(st.lists(st.tuples(st.from_regex(KEY, fullmatch=True), st.text(max_size=30)), max_size=6))
def test_every_written_value_is_read_back(pairs: list[tuple[str, str]]) -> None:
    line = ", ".join(f"{key}: {quoted(value)}" for key, value in pairs)
    assert scan(line) == (scan(line)[0], [])
    assert found(line) == [(key, value) for key, value in pairs]


@pytest.mark.parametrize(
    ("line", "pairs", "gaps"),
    [
        ("Foo: un,quoted", [("Foo", "un")], ["quoted"]),
        ('Foo: "un,quoted"', [("Foo", "un,quoted")], []),
        ('Foo: "line\\nbreak \\"x\\""', [("Foo", 'line\nbreak "x"')], []),
        ('Foo: "no json \\q"', [("Foo", '"no json \\q"')], []),
        ('Foo: "open, Bar: 1', [("Foo", '"open'), ("Bar", "1")], []),
        ("k: 3, Seed: 1", [("Seed", "1")], ["k: 3"]),
        ("Tiling, Seed: 1", [("Seed", "1")], ["Tiling"]),
        ("Foo: , Seed: 1", [("Foo", None), ("Seed", "1")], []),
        ('Foo: "", Seed: 1', [("Foo", ""), ("Seed", "1")], []),
        ("-Steps: 20", [("Steps", "20")], ["-"]),
        ("CFG scale: 7 , Size: 512x512", [("CFG scale", "7 "), ("Size", "512x512")], []),
        ("Time: 12:30, Seed: 1", [("Time", "12:30"), ("Seed", "1")], []),
    ],
)
def test_traps(line: str, pairs: list[tuple[str, str | None]], gaps: list[str]) -> None:
    assert (found(line), scan(line)[1]) == (pairs, gaps)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Euler a", "Euler a"),
        ("a, b", '"a, b"'),
        ("a: b", '"a: b"'),
        ("a\nb", '"a\\nb"'),
        ("né, 猫", '"né, 猫"'),
        # A1111 writes the next three bare, and then does not read them back.
        ("", '""'),
        (" a", '" a"'),
        ('"a"', '"\\"a\\""'),
    ],
)
def test_quotes_as_the_tool_does_and_where_it_should(value: str, written: str) -> None:
    assert quoted(value) == written


@pytest.mark.parametrize("piece", ["a", "a ", "a:", ": ", 'aa:"', 'aa:"\\",', "aa: b, "])
def test_hostile_lines_cost_linear_time(piece: str) -> None:
    began = time.perf_counter()
    scan(piece * 50_000)
    assert time.perf_counter() - began < 3

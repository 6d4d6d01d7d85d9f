"""The grammar: parse and write are inverse, and each trap of the real tool is one line here."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.grammar import NEGATIVE, ORDER, parse, write
from wetplate.recipes.infotext.pairs import KEY
from wetplate.recipes.infotext.text import LONGEST, Infotext

LAST = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: 45dee52b"
FIELDS = {
    "Steps": "20",
    "Sampler": "Euler a",
    "CFG scale": "7",
    "Seed": "965400086",
    "Size": "512x512",
    "Model hash": "45dee52b",
}
ONE_LINE = (
    "Mad Max (movie) fighting Dinosaur jurassic park, Steps: 42, Sampler: PLMS, CFG scale: 7, "
    "Seed: 1985738629, Size: 512x512, Model hash: 7460a6fa"
)


def stripped(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines)


PROMPTS = (
    st.text(st.characters(codec="utf-8"), max_size=80).map(stripped).filter(lambda text: NEGATIVE not in text)
)
KEYS = st.one_of(st.sampled_from(ORDER), st.from_regex(KEY, fullmatch=True)).filter(
    lambda key: key != NEGATIVE[:-1] and not key.endswith(" Steps")
)
VALUES = st.text(st.characters(codec="utf-8"), max_size=30)
PARAMETERS = st.dictionaries(KEYS, VALUES, min_size=2, max_size=8).map(lambda more: {**FIELDS, **more})
WRITABLE = st.builds(Infotext, PROMPTS, PROMPTS, PARAMETERS)


@given(WRITABLE)
@example(Infotext("a\n\n", "b\n", FIELDS))
@example(Infotext("Steps: 1, Sampler: PLMS, Seed: 3, Size: 64x64", "", FIELDS))
@example(Infotext("", "", FIELDS))
@example(Infotext("", "ugly", FIELDS))
def test_what_is_written_is_read_back(infotext: Infotext) -> None:
    assert parse(write(infotext), strict=True) == infotext


@given(st.text(st.sampled_from('ab \n:,"Negative prompt:'), max_size=80), st.sampled_from(["", "\n", "  \n"]))
def test_writing_what_was_read_normalises_once(text: str, end: str) -> None:
    try:
        normal = write(parse(f"{text}\n{LAST}{end}"))
    except InfotextError:
        return
    assert write(parse(normal, strict=True)) == normal


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        parse(text)
    except InfotextError as refusal:
        said = str(refusal)
    assert len(said.splitlines()) <= 1


def test_a_whole_text() -> None:
    read = parse(f"a shoe,\nred laces\nNegative prompt: ugly,\nblurry\n{LAST}", strict=True)
    assert read == Infotext("a shoe,\nred laces", "ugly,\nblurry", FIELDS)


def test_two_pairs_are_no_parameters() -> None:
    with pytest.raises(InfotextError, match="no infotext: no line holds 3 or more"):
        parse("a shoe\nSteps: 20, Seed: 1")


def test_three_pairs_of_something_else_are_no_infotext() -> None:
    with pytest.raises(InfotextError, match="one of them Steps, Sampler"):
        parse("Dear Bob,\nFrom: Ann, Date: today, Subject: shoes")


def test_the_negative_prompt_swallows_all_further_lines() -> None:
    read = parse(f"a\nNegative prompt: b\nc\nNegative prompt: d\n{LAST}")
    assert (read.prompt, read.negative_prompt) == ("a", "b\nc\nd")


def test_each_line_is_stripped_and_line_ends_of_windows_vanish() -> None:
    assert parse(f"  a  \r\n\tb\r\n{LAST}\r\n", strict=True) == Infotext("a\nb", "", FIELDS)


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    read = parse(f"a\n{LAST}, Seed: 2")
    assert (read.parameters["Seed"], read.dropped) == ("2", ("the first 'Seed': '965400086'",))


def test_what_the_tool_passes_over_is_told() -> None:
    read = parse(f"a\n{LAST}, Foo: un,quoted, k: 3, Tiling, Empty: , Bar: 1")
    assert read.parameters["Foo"] == "un"
    assert read.dropped == (
        "the key 'Empty', which has no value",
        "the text 'quoted, k: 3, Tiling', which has no key",
    )


def test_strict_refuses_what_lenient_reports() -> None:
    with pytest.raises(InfotextError, match="not a strict infotext: lost: the text 'quoted'"):
        parse(f"a\n{LAST}, Foo: un,quoted", strict=True)


def test_prompt_and_parameters_on_one_line() -> None:
    read = parse(ONE_LINE)
    assert read.prompt == "Mad Max (movie) fighting Dinosaur jurassic park"
    assert read.parameters == {
        "Steps": "42",
        "Sampler": "PLMS",
        "CFG scale": "7",
        "Seed": "1985738629",
        "Size": "512x512",
        "Model hash": "7460a6fa",
    }
    assert len(read.assumed) == 1
    assert "stand on one line" in read.assumed[0]
    with pytest.raises(InfotextError, match="stand on one line"):
        parse(ONE_LINE, strict=True)


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        (f"red shoe {LAST}", "red shoe", ""),
        (f"red shoe, Negative prompt: ugly, blurry, {LAST}", "red shoe", "ugly, blurry"),
        (f"red shoe\nNegative prompt: ugly, blurry {LAST}", "red shoe", "ugly, blurry"),
        (f"Mad Max: Fury Road, dinosaurs, {LAST}", "Mad Max: Fury Road, dinosaurs", ""),
    ],
)
def test_other_one_line_forms(text: str, prompt: str, negative: str) -> None:
    read = parse(text)
    assert (read.prompt, read.negative_prompt, read.parameters) == (prompt, negative, FIELDS)
    assert read.assumed
    with pytest.raises(InfotextError, match="one line"):
        parse(text, strict=True)


def test_a_prompt_above_keeps_a_gap_before_steps_a_gap() -> None:
    read = parse(f"a\nFoo: un,quoted, {LAST}")
    assert (read.prompt, read.parameters["Foo"], read.assumed) == ("a", "un", ())


def test_lines_behind_the_parameters_are_told() -> None:
    read = parse(f"a\n{LAST}\nTemplate: {{red|blue}} shoe")
    assert (read.prompt, read.parameters) == ("a", FIELDS)
    assert read.assumed == ("the parameters are not the last line",)
    assert read.dropped == ("the line 'Template: {red|blue} shoe' behind the parameters",)


def test_a_negative_prompt_among_the_parameters_counts() -> None:
    read = parse(f"a\n{LAST}, Negative prompt: ugly, Clip skip: 2")
    assert (read.negative_prompt, "Negative prompt" in read.parameters) == ("ugly", False)
    assert read.assumed


def test_parameters_alone_have_an_empty_prompt() -> None:
    assert parse(LAST, strict=True) == Infotext("", "", FIELDS)


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(InfotextError, match="longer than"):
        parse("a" * LONGEST + LAST)


def test_writes_in_the_tools_order() -> None:
    parameters = {"Version": "v1.9.4", "Lora hashes": "x: 1a", "Size": "64x64", "Seed": "1", "Steps": "20"}
    assert write(Infotext("a", "b", parameters)) == (
        'a\nNegative prompt: b\nSteps: 20, Seed: 1, Size: 64x64, Lora hashes: "x: 1a", Version: v1.9.4'
    )


def test_a_value_equal_to_its_key_survives() -> None:
    """A1111 writes such a value as the bare key, and loses it on reading; this writer keeps it."""
    text = write(Infotext("a", "", {**FIELDS, "Tiling": "Tiling"}))
    assert text.endswith("Tiling: Tiling")
    assert parse(text, strict=True).parameters["Tiling"] == "Tiling"


@pytest.mark.parametrize(
    ("infotext", "why"),
    [
        (Infotext(" a", "", FIELDS), "prompt cannot be written"),
        (Infotext("a \nb", "", FIELDS), "prompt cannot be written"),
        (Infotext("a\nNegative prompt: b", "", FIELDS), "prompt cannot be written"),
        (Infotext("a", "\nb", FIELDS), "negative_prompt cannot be written"),
        (Infotext("a", "b\nNegative prompt: c", FIELDS), "negative_prompt cannot be written"),
        (Infotext("a", "", {**FIELDS, "k": "1"}), "key 'k' cannot be written"),
        (Infotext("a", "", {**FIELDS, "a:b": "1"}), "key 'a:b' cannot be written"),
        (Infotext("a", "", {**FIELDS, "Negative prompt": "1"}), "cannot be written"),
        (Infotext("a", "", {"Steps": "1", "Seed": "2"}), "no line holds 3 or more"),
        (Infotext("a\ud800", "", FIELDS), "cannot be written"),
    ],
)
def test_refuses_to_write_what_would_not_be_read_back(infotext: Infotext, why: str) -> None:
    with pytest.raises(InfotextError, match=why):
        write(infotext)

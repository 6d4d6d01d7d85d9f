"""Prompt rules: disguises, whole words, allow-lists; and the shipped lists on ordinary product prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.moderation.policy import PromptRule, load
from wetplate.moderation.prompts import hits, normal, tokens

NUDE = PromptRule(
    "nudity", "sexual/nudity", "review_output", ("nude", "without clothes"), (), ("nude beige",)
)
PAIR = PromptRule("pair", "minor_safety", "block", ("child",), ("nude",), ())


@pytest.mark.parametrize(
    "prompt",
    [
        "a nude woman",
        "NUDE",
        "ｎｕｄｅ",
        "nu\u200bde",
        "núdé",
        "nudе",  # Cyrillic е
        "nud3",
        "n u d e",
        "a n u d e figure",
        "n.u.d.e",
        "n-u-d-e",
        "nuuuude",
        "(nude:1.4)",
        "shoe,nude,4k",
        "someone without   clothes",
        "nude beige, nude woman",
    ],
)
def test_disguises_do_not_help(prompt: str) -> None:
    assert [hit.rule for hit in hits(prompt, [NUDE])] == ["nudity"]


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "denuded hills",
        "nudel soup",
        "a nude beige sole",
        "Nude  BEIGE laces",
        "without any clothes",
        "n u",
    ],
)
def test_parts_of_words_and_allowed_phrases_are_no_hit(prompt: str) -> None:
    assert hits(prompt, [NUDE]) == []


def test_a_hit_names_rule_slug_action_and_words() -> None:
    (hit,) = hits("someone WITHOUT clothes", [NUDE])
    assert str(hit) == "prompt rule nudity: 'without clothes' (sexual/nudity, review_output)"


def test_a_pair_rule_needs_both() -> None:
    assert hits("a child walking to school", [PAIR]) == []
    assert hits("a nude sole", [PAIR]) == []
    assert [hit.action for hit in hits("nude ... child", [PAIR])] == ["block"]


def test_sizes_and_numbers_stay_numbers() -> None:
    assert tokens("size 42, 100% cotton, 3 stripes") == ["size", "42", "100", "cotton", "3", "stripes"]


@given(st.text(max_size=40))
def test_no_text_breaks_it_and_normalising_twice_changes_nothing(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    hits(text, [NUDE, PAIR])


@given(st.text(alphabet="xyz ", max_size=10), st.text(alphabet="xyz ", max_size=10))
def test_a_word_is_found_wherever_it_stands(before: str, after: str) -> None:
    assert hits(f"{before} nude {after}", [NUDE])


@pytest.mark.parametrize(
    "prompt",
    [
        "product photo of a Rumba sneaker, red laces, white sole, bar lacing",
        "kids' running shoe in nude pink, studio light",
        "boots for boys and girls, plain background",
        "a leather shoe beside a glue gun, workshop",
        "baby shoe, soft wool",
    ],
)
def test_the_shipped_lists_leave_product_prompts_alone(prompt: str) -> None:
    assert hits(prompt, load("product").prompt_rules) == []


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("a naked child", "children-sexual"),
        ("nude model holding a shoe", "nudity"),
        ("sneaker with the Nike logo", "brands"),
        ("shoe in the style of a famous painter", "someone-elses-style"),
        ("a boot with a sw4stika", "hate-symbols"),
    ],
)
def test_the_shipped_lists_find_what_they_name(prompt: str, rule: str) -> None:
    assert rule in [hit.rule for hit in hits(prompt, load("product").prompt_rules)]


PERSONAL = PromptRule("customers", "privacy/text_pii", "review_output", (), (), (), ("email", "phone"))


def test_personal_data_in_a_prompt_is_told_by_its_kind_and_never_by_its_words() -> None:
    prompt = "a shoe for jane.doe@example.com, call +49 170 5551234, DE89 3704 0044 0532 0130 00"
    assert [hit.words for hit in hits(prompt, [PERSONAL])] == ["an e-mail address", "a phone number"]
    assert "jane" not in "".join(map(str, hits(prompt, load("product").prompt_rules)))


def test_a_rule_without_kinds_reads_no_personal_data() -> None:
    assert hits("jane.doe@example.com", [NUDE]) == []

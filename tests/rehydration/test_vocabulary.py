"""Every family word is one token, whatever the other words are."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.rehydration import vocabulary
from wetplate.rehydration.refusals import UnknownWord

WORDS = ["product", "photo", "of", "a", "sneaker", "laces", "sole", "black", "blue", "yellow", "lacing"]


@given(st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=9), max_size=12, unique=True))
def test_no_word_breaks_another(words: list[str]) -> None:
    merges = vocabulary.merges(words)
    assert all(vocabulary.split(word, merges) == [word + vocabulary.END] for word in words)


def test_the_tokenizer_agrees() -> None:
    pytest.importorskip("transformers")
    tokenizer = vocabulary.tokenizer(WORDS)
    names = tokenizer.convert_ids_to_tokens(tokenizer("Photo of a black, yellow sole")["input_ids"])
    plain = ["photo", "of", "a", "black", ",", "yellow", "sole"]
    assert names == [vocabulary.START, *(word + vocabulary.END for word in plain), vocabulary.STOP]


def test_a_strange_word_is_refused_by_name() -> None:
    pytest.importorskip("transformers")
    with pytest.raises(UnknownWord, match="purple"):
        vocabulary.check("photo of a purple sole", vocabulary.tokenizer(WORDS))


def test_a_prompt_that_would_be_cut_is_refused() -> None:
    pytest.importorskip("transformers")
    with pytest.raises(UnknownWord, match="room for 24"):
        vocabulary.check("black " * 30, vocabulary.tokenizer(WORDS))

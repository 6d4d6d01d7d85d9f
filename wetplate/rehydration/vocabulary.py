"""A CLIP tokenizer with its own small vocabulary: every family word is one token.

Belongs here: merges, the tokenizer built from them, the check of a prompt.
Does not belong here: torch, what a prompt says.

Rule: merges are only ever appended, so a word that is one token stays one token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from string import ascii_lowercase, digits
from typing import Any

from wetplate.rehydration.refusals import UnknownWord

END = "</w>"
START, STOP = "<|startoftext|>", "<|endoftext|>"
LENGTH = 24
Merge = tuple[str, str]


def merges(words: Iterable[str]) -> list[Merge]:
    """Merges, in order, under which each of `words` becomes one token."""
    found: list[Merge] = []
    for word in words:
        pieces = split(word, found)
        while len(pieces) > 1:
            found.append((pieces[0], pieces[1]))
            pieces = split(word, found)
    return found


def split(word: str, known: Sequence[Merge]) -> list[str]:
    """The tokens of `word` under byte-pair merges `known`, the earliest first."""
    pieces = [*word[:-1], word[-1] + END]
    rank = {merge: i for i, merge in enumerate(known)}
    while len(pieces) > 1:
        pairs = list(pairwise(pieces))
        best = min(range(len(pairs)), key=lambda i: rank.get(pairs[i], len(rank)))
        if pairs[best] not in rank:
            break
        pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]
    return pieces


def tokens(words: Iterable[str]) -> dict[str, int]:
    """The vocabulary: letters, digits, comma, what the merges make, and the two marks."""
    signs = [*ascii_lowercase, *digits, ","]
    names = [START, STOP, *signs, *(sign + END for sign in signs), *("".join(m) for m in merges(words))]
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def tokenizer(words: Sequence[str], length: int = LENGTH) -> Any:
    """A tokenizer for prompts of `words`, padded to `length` tokens."""
    import transformers

    kinds: Any = transformers
    return kinds.CLIPTokenizer(vocab=tokens(words), merges=merges(words), model_max_length=length)


def check(prompt: str, tokenizer: Any) -> None:
    """UnknownWord unless each word of `prompt` is one token and all of them fit."""
    for word in re.findall(r"[^\s,]+", prompt.lower()):
        if tokenizer.tokenize(word) != [word + END]:
            raise UnknownWord(f"{word!r} is not in the family's vocabulary: {prompt!r}")
    count = len(tokenizer(prompt)["input_ids"])
    if count > tokenizer.model_max_length:
        raise UnknownWord(f"prompt has {count} tokens, room for {tokenizer.model_max_length}: {prompt!r}")

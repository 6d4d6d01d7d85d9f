"""Prompt rules: which named rules a prompt meets, without any I/O.

Here: normalising and matching. Not here: the lists (policies/*.toml), what follows from a hit (`bands`).

Rules:
1. Disguise does not help: width, case, accents, invisible characters, look-alike letters, digits for letters
   and s p a c i n g are taken away first.
2. Whole words and phrases only, never parts of words.
3. A rule's `allow` phrases excuse the words they cover, and no others.
4. A hit names its rule and the words. No hit proves nothing.
5. Negative prompts are not read: they say what must *not* be seen.
6. Personal data in a prompt is found by the rules that read pictures (`pii`). A hit then names the kind,
   never the data.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wetplate.moderation.pii import SAID, findings
from wetplate.moderation.policy import PromptRule

# Letters of other scripts that look like Latin ones (Cyrillic and Greek, lower case, after case folding).
LOOKALIKES = str.maketrans("аеорсухіјѕԁһӏкмнтвԛԝ" + "ορνικτυχαεγ", "aeopcyxijsdhlkmhtbqw" + "opviktuxaey")
DIGITS = str.maketrans("013457@$", "oieastas")
WORD = re.compile(r"[^\W_]+(?:[@$]+[^\W_]*)*|[@$][^\W_]+")
SPACED = 3
SURE = 0.45  # from which certainty on personal data counts


@dataclass(frozen=True)
class Hit:
    """A rule that a prompt meets, and the words that meet it."""

    rule: str
    slug: str
    action: str
    words: str

    def __str__(self) -> str:
        return f"prompt rule {self.rule}: {self.words!r} ({self.slug}, {self.action})"


def hits(prompt: str, rules: Sequence[PromptRule]) -> list[Hit]:
    """Every rule the prompt meets, in the policy's order."""
    words = tokens(prompt)
    return [hit for rule in rules for hit in (*_met(rule, words), *_personal(rule, prompt))]


@lru_cache(4096)
def _wanted(phrase: str) -> tuple[str, ...]:
    """The words of a policy's phrase, which is compared with every prompt."""
    return tuple(tokens(phrase))


def tokens(text: str) -> list[str]:
    """The words of a text, normalised; runs of single letters count as one word."""
    return _joined([_plain(word) for word in WORD.findall(normal(text))])


def normal(text: str) -> str:
    """The text without disguise: NFKC, folded case, no accents, nothing invisible, look-alikes as Latin."""
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKC", text).casefold()
    visible = (
        sign
        for sign in unicodedata.normalize("NFD", folded)
        if unicodedata.category(sign) not in ("Cf", "Mn")
    )
    return "".join(visible).translate(LOOKALIKES)


def _plain(word: str) -> str:
    """Digits for letters undone, where a word has letters too; three and more of a letter become one."""
    if any(sign.isalpha() for sign in word):
        word = word.translate(DIGITS)
    return re.sub(r"(.)\1{2,}", r"\1", word)


def _joined(words: Sequence[str]) -> list[str]:
    joined, run = list[str](), ""
    for word in [*words, ""]:
        if len(word) == 1:
            run += word
            continue
        joined += _spelled(run) if len(run) >= SPACED else list(run)
        joined += [word] if word else []
        run = ""
    return joined


def _spelled(run: str) -> list[str]:
    """A spelled-out word; an article in front may or may not belong to it."""
    return [run[0], run[1:], run] if run[0] in "ai" and len(run) > SPACED else [run]


def _met(rule: PromptRule, words: Sequence[str]) -> Iterator[Hit]:
    excused = {place for start, end in _any(rule.allow, words) for place in range(start, end)}
    met, beside = (
        [span for span in _any(phrases, words) if not excused.issuperset(range(*span))]
        for phrases in (rule.terms, rule.beside)
    )
    if met and (beside or not rule.beside):
        start, end = min(met)
        yield Hit(rule.name, rule.slug, rule.action, " ".join(words[start:end]))


def _personal(rule: PromptRule, prompt: str) -> Iterator[Hit]:
    if not rule.personal:
        return
    found = [each.kind for each in findings(prompt) if each.certainty >= SURE]
    for kind in dict.fromkeys(kind for kind in found if kind in rule.personal):
        yield Hit(rule.name, rule.slug, rule.action, SAID[kind])


def _any(phrases: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where one of the phrases stands. Most do not even begin with a word that is there."""
    for phrase in phrases:
        wanted = _wanted(phrase)
        if wanted and wanted[0] in words:
            yield from _found(wanted, words)


def _found(wanted: tuple[str, ...], words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for start in range(len(words) - len(wanted) + 1):
        if words[start] == wanted[0] and tuple(words[start : start + len(wanted)]) == wanted:
            yield start, start + len(wanted)

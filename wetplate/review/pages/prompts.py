"""A prompt as it is shown: in parts, those that a rule met marked. Pure.

Which words met a rule stands in the verdict's reasons (`prompt rule NAME: 'words' (slug, action)`), so that a
page shows what was judged then and not what would be now. Words that were disguised by spaces are named, not
marked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wetplate.moderation.prompts import tokens

HIT = re.compile(
    r"prompt rule (?P<rule>[\w-]+): (['\"])(?P<words>.+)\2 \((?P<slug>[\w/]+), (?P<action>\w+)\)\Z"
)
Part = tuple[str, str]  # the text, and the rule it met or ""


@dataclass(frozen=True)
class Shown:
    """A prompt in parts and the rules it met, in words; `none` says why there is no prompt."""

    parts: Sequence[Part]
    hits: Sequence[str]
    negative: str
    none: str = ""


def shown(prompt: str, negative: str, reasons: Sequence[str], kind: str) -> Shown:
    """The prompt of a recipe of this kind, marked where the verdict's reasons say it met a rule."""
    met = [found for found in map(HIT.match, reasons) if found]
    spans = sorted({(*span, hit["rule"]) for hit in met for span in _spans(prompt, hit["words"].split())})
    none = (
        ""
        if prompt
        else f"No model painted this: it is an {kind}."
        if kind == "original"
        else "There is none."
    )
    said = [f"{hit['rule']}: “{hit['words']}” ({hit['slug']}, {hit['action']})" for hit in met]
    return Shown(list(_parts(prompt, spans)), said, negative, none)


def _spans(prompt: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    words = [(token, *word.span()) for word in re.finditer(r"\S+", prompt) for token in tokens(word[0])]
    for start in range(len(words) - len(wanted) + 1):
        run = words[start : start + len(wanted)]
        if [token for token, _, _ in run] == list(wanted):
            yield run[0][1], run[-1][2]


def _parts(prompt: str, spans: Sequence[tuple[int, int, str]]) -> Iterator[Part]:
    done = 0
    for start, end, rule in spans:
        if start < done:
            continue
        yield prompt[done:start], ""
        yield prompt[start:end], rule
        done = end
    yield prompt[done:], ""

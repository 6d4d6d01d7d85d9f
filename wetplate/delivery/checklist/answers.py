"""Questions, evidence and answers. Pure.

Here: what an answer is made of, and how evidence adds up. Not here: looking (`rows`, `outside`), asking
everything (`ask`), how it is shown (`cli.checklist`, `assets.checks`).

Rules:
1. An answer is never a person's word: each piece of evidence names what was asked (a query, an address) and
   what came back.
2. One piece that speaks against it makes a no. A yes needs every piece to speak for it: where somebody could
   not be reached, or there was nothing to look at, the question is unanswered.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

QUESTIONS = (
    "Has every image one canonical original with an immutable id and provenance metadata?",
    "Are there derivatives for the critical sizes, made ahead or by transformation on the way?",
    "Do addresses carry the image's id and the transform's parameters, so that caches can keep variants?",
    "Is moderation automatic with people for the ambiguous, and are the hooks of invalidation in place?",
    "Is what is not public behind signatures, and left out of whatever is?",
    "Are cache hits, transform latency and moderation throughput measured?",
)


class Word(StrEnum):
    """What a piece of evidence says, and what an answer comes to."""

    YES = "yes"
    NO = "no"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Evidence:
    """What was asked of whom (`asked`), what came back (`came`), and what that says."""

    asked: str
    came: str
    word: Word


@dataclass(frozen=True)
class Answer:
    """One of the six, by its number from 1."""

    number: int
    evidence: Sequence[Evidence]

    @property
    def question(self) -> str:
        return QUESTIONS[self.number - 1]

    @property
    def word(self) -> Word:
        words = {each.word for each in self.evidence}
        if Word.NO in words:
            return Word.NO
        return Word.YES if words == {Word.YES} else Word.UNANSWERED

    def told(self) -> dict[str, Any]:
        """For machines."""
        evidence = [asdict(each) for each in self.evidence]
        return {"number": self.number, "question": self.question, "answer": self.word, "evidence": evidence}


def found(asked: str, came: str, holds: bool | None) -> Evidence:
    """Evidence for (true), against (false), or neither (None: there was nothing to look at)."""
    word = Word.UNANSWERED if holds is None else Word.YES if holds else Word.NO
    return Evidence(" ".join(asked.split()), came, word)

"""The rollout's six answers as the result of a check: a table with the evidence, and a count of each word."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from assets.figures import plain
from wetplate.delivery.checklist.answers import Answer, Word


def result(answers: Sequence[Answer]) -> dg.AssetCheckResult:
    """Passed when all six are yes; an error only on a no."""
    words = Counter(answer.word for answer in answers)
    wrong = words[Word.NO] > 0
    return dg.AssetCheckResult(
        passed=words[Word.YES] == len(answers),
        severity=dg.AssetCheckSeverity.ERROR if wrong else dg.AssetCheckSeverity.WARN,
        description=", ".join(f"{words[word]} {word}" for word in Word),
        metadata={
            "answers": dg.MetadataValue.md(_table(answers)),
            "evidence": dg.MetadataValue.json([answer.told() for answer in answers]),
            **{str(word): dg.MetadataValue.int(words[word]) for word in Word},
        },
    )


def _table(answers: Sequence[Answer]) -> str:
    rows = [f"| {each.number} | {each.question} | **{each.word}** | {_came(each)} |" for each in answers]
    return "\n".join(("| | question | answer | evidence |", "|--:|---|---|---|", *rows))


def _came(answer: Answer) -> str:
    return "; ".join(f"{plain(each.came)} ({each.word})" for each in answer.evidence)

"""The form with which somebody decides: what it offers, and what was said in it. Pure.

Rules:
1. Each decision has its reasons in a field of its own (`reason-<decision>`), so that a page without script
   can show one group and nothing chosen in another counts.
2. What was said comes back with a refusal: nobody writes a note twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from wetplate.errors import FormRefused
from wetplate.moderation.tables import TaskRow
from wetplate.provenance.disclosure import DEPICTS
from wetplate.review import details, reasons
from wetplate.review.pages.detections import Box
from wetplate.review.pages.words import Tag

KEYS: Mapping[str, str] = {
    "approve": "a",
    "reject": "r",
    "redact": "d",
    "escalate": "e",
    "skip": "s",
    "uphold": "a",
    "partial": "p",
    "refuse": "r",
}
HINTS: Mapping[str, str] = {
    "approve": "It becomes canonical and goes its way to the public.",
    "reject": "It never leaves. Name what is wrong with it.",
    "redact": "What may not be seen is covered in a new picture, which is looked at again.",
    "escalate": "A senior decides. Say what you could not.",
    "skip": "It goes back into the queue, for somebody else.",
    "uphold": "Every image concerned goes.",
    "partial": "The images you tick go; the others stay.",
    "refuse": "The images stay, or come back if they were withdrawn meanwhile.",
}
SIDES = ("x", "y", "width", "height")
ROWS = 3  # boxes by numbers
NOTED = {
    True: ("Note", "Needed with reason other. No names: notes are kept for good."),
    False: ("Facts", "They go into the statement of reasons, which can be read by both sides. No names."),
}
SUSPECTED, REST = "suspected", "more"
NEEDS = (
    ("", "As the pipeline proposes"),
    ("required", "Required: it may pass for a photograph of something that exists"),
    ("recommended", "Recommended"),
    ("none", "None: nobody could be misled"),
)


@dataclass(frozen=True)
class Reason:
    """One code to choose by the digit `key`; `suspected` marks what the task is suspected of."""

    code: str
    sentence: str
    suspected: Tag | None
    key: str = ""


@dataclass(frozen=True)
class Group:
    """Reasons of one kind."""

    name: str
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Choice:
    """One decision with its reasons."""

    value: str
    name: str
    key: str
    hint: str
    groups: Sequence[Group]


@dataclass(frozen=True)
class Said:
    """What somebody said in the form."""

    decision: str = ""
    reason: str = ""
    note: str = ""
    basis: str = ""
    depicts: Sequence[str] = ()
    need: str = ""
    regions: Sequence[str] = ()
    rows: Sequence[Mapping[str, str]] = ()
    images: Sequence[str] = ()

    def details(self) -> dict[str, Any]:
        """As `decisions.propose` takes them: only what the chosen decision asks for. Raises FormRefused."""
        found: dict[str, Any] = {}
        if self.decision == reasons.APPROVE:
            found = {"legal_basis": self.basis, "disclosure": self._disclosure()}
        if self.decision == reasons.REDACT:
            found = {"regions": [*map(_ticked, self.regions), *filter(None, map(_numbered, self.rows))]}
        if self.decision == reasons.PARTIAL:
            found = {"images": list(self.images)}
        if self.decision in (reasons.UPHOLD, reasons.PARTIAL, reasons.REFUSE):
            found |= {"facts": self.note}
        return {name: value for name, value in found.items() if value}

    def _disclosure(self) -> dict[str, Any]:
        said = {"need": self.need, "depicts": sorted(self.depicts)}
        return said if self.need or self.depicts else {}


@dataclass(frozen=True)
class Form:
    """Everything the template asks for."""

    decisions: Sequence[Choice]
    bases: Sequence[tuple[str, str]]
    depicts: Sequence[str]
    needs: Sequence[tuple[str, str]]
    regions: bool
    boxes: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    undo_seconds: int
    noted: tuple[str, str]
    said: Said = field(default_factory=Said)


def read(fields: FormData) -> Said:
    """What was said."""
    decision = str(fields.get("decision") or "")
    return Said(
        decision,
        str(fields.get(f"reason-{decision}") or ""),
        str(fields.get("note") or ""),
        str(fields.get("basis") or ""),
        [str(each) for each in fields.getlist("depicts")],
        str(fields.get("need") or ""),
        [str(each) for each in fields.getlist("region")],
        [{side: str(fields.get(f"box-{row}-{side}") or "") for side in SIDES} for row in range(ROWS)],
        [str(each) for each in fields.getlist("image")],
    )


def form(
    task: TaskRow,
    offered: Mapping[str, Mapping[str, str]],
    boxes: Sequence[Box],
    undo_seconds: int,
    said: Said,
) -> Form:
    """The form for somebody who is `offered` these decisions, each with its reasons (`decisions.offered`)."""
    choices = [_choice(task, decision, known) for decision, known in offered.items()]
    image = not task.subject.startswith(reasons.NOTICE)
    private = "legal_basis" in details.needs(task, reasons.APPROVE)
    return Form(
        choices,
        list(details.LEGAL_BASES.items()) if private else (),
        DEPICTS if image and reasons.APPROVE in offered else (),
        NEEDS,
        reasons.REDACT in offered,
        [_box(each, said) for each in boxes],
        [_row(number, said) for number in range(ROWS)],
        undo_seconds,
        NOTED[image],
        said,
    )


def _choice(task: TaskRow, decision: str, known: Mapping[str, str]) -> Choice:
    return Choice(
        decision, decision.capitalize(), KEYS[decision], HINTS[decision], _groups(known, task.slugs)
    )


def _groups(known: Mapping[str, str], slugs: Sequence[str]) -> list[Group]:
    """What is suspected first, then by category; a short list is one group without a name."""
    sorted_in: dict[str, list[tuple[str, str]]] = {}
    for code, says in known.items():
        sorted_in.setdefault(_group(code, slugs), []).append((code, says))
    first = sorted(sorted_in, key=lambda name: (name != SUSPECTED, name == REST))
    digits = iter("123456789")
    return [
        Group(
            "" if len(first) == 1 else name.replace("_", " "),
            [_reason(each, slugs, digits) for each in sorted_in[name]],
        )
        for name in first
    ]


def _group(code: str, slugs: Sequence[str]) -> str:
    if code in slugs:
        return SUSPECTED
    return code.split("/")[0] if "/" in code else REST


def _reason(said: tuple[str, str], slugs: Sequence[str], digits: Iterator[str]) -> Reason:
    suspected = Tag("suspected", "warn", "alert") if said[0] in slugs else None
    return Reason(*said, suspected, next(digits, ""))


def _box(box: Box, said: Said) -> dict[str, Any]:
    checked = box.value in said.regions if said.decision else box.slug.startswith(("privacy/", "likeness/"))
    return {
        "value": box.value,
        "number": box.number,
        "text": box.text,
        "where": box.where,
        "checked": checked,
    }


def _row(number: int, said: Said) -> dict[str, Any]:
    values = said.rows[number] if number < len(said.rows) else {}
    return {"number": number, "fields": [(side, values.get(side, "")) for side in SIDES]}


def _ticked(value: str) -> list[int]:
    return _whole(value.split(","))


def _numbered(row: Mapping[str, str]) -> list[int] | None:
    return _whole([row[side] for side in SIDES]) if any(row.values()) else None


def _whole(numbers: Sequence[str]) -> list[int]:
    if len(numbers) != len(SIDES) or not all(
        each.isascii() and each.isdigit() and len(each) < 7 for each in numbers
    ):
        raise FormRefused("a box needs four whole numbers: left, top, width and height, in pixels")
    return [int(each) for each in numbers]

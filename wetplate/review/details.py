"""Details: what a decision must say besides its reason. Pure.

Rules:
1. Approving what a detector suspects of showing somebody (`privacy/*`) names the legal basis on which it is
   shown. Redacting names the regions. Upholding a notice in part names the images that go.
2. A decision on a notice may state `facts`, which go into the statement of reasons, and, where images go, the
   `slug` of the taxonomy that they are about; approving an image may say what viewers are to be told
   (`disclosure`), which `disclosures` puts in force once there is a record.
3. Nothing else is taken: a field that the decision has no use for is refused.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from wetplate.errors import ModerationError
from wetplate.moderation.tables import TaskRow
from wetplate.moderation.taxonomy import SLUGS
from wetplate.provenance.disclosure import DEPICTS, NEEDS
from wetplate.review.reasons import APPROVE, NOTICE, PARTIAL, REDACT, REFUSE, UPHOLD

NONE: Mapping[str, Any] = MappingProxyType({})
REGIONS = 64
FACTS = 5_000  # characters
LEGAL_BASES: Mapping[str, str] = MappingProxyType(
    {
        "synthetic-person": "nobody: the person does not exist",
        "consent": "the person consented, and the consent is kept",
        "licence": "a licence or release covers it",
        "not-personal": "it identifies nobody",
    }
)


def needs(task: TaskRow, decision: str) -> tuple[str, ...]:
    """The fields this decision about this task must carry."""
    private = any(slug.startswith("privacy/") for slug in task.slugs)
    if decision == APPROVE:
        return ("legal_basis",) if private else ()
    return {REDACT: ("regions",), PARTIAL: ("images",)}.get(decision, ())


def takes(task: TaskRow, decision: str) -> tuple[str, ...]:
    """The fields this decision about this task may carry beside those it needs."""
    if decision == APPROVE:
        return () if task.subject.startswith(NOTICE) else ("disclosure",)
    return {UPHOLD: ("facts", "slug"), PARTIAL: ("facts", "slug"), REFUSE: ("facts",)}.get(decision, ())


def checked(task: TaskRow, decision: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as they are recorded. Raises ModerationError."""
    needed = needs(task, decision)
    given = {name: value for name, value in details.items() if value not in (None, "", [], ())}
    if unknown := given.keys() - {*needed, *takes(task, decision)}:
        raise ModerationError(f"{decision} takes no {', '.join(sorted(unknown))}: leave it out")
    return {name: CHECKS[name](given.get(name)) for name in dict.fromkeys((*needed, *given))}


def _legal_basis(value: Any) -> str:
    if value not in LEGAL_BASES:
        raise ModerationError(
            f"a picture that may show somebody needs a legal basis: {', '.join(LEGAL_BASES)}"
        )
    return str(value)


def _regions(value: Any) -> list[list[int]]:
    if not isinstance(value, list | tuple) or not value:
        raise ModerationError("say which regions to cover: x, y, width and height in pixels of the picture")
    if len(value) > REGIONS:
        raise ModerationError(f"{len(value)} regions are too many, {REGIONS} at most: reject the picture")
    return [_region(each) for each in value]


def _region(value: Any) -> list[int]:
    whole = isinstance(value, list | tuple) and all(type(each) is int for each in value)
    if not whole or len(value) != 4 or min(value[:2]) < 0 or min(value[2:]) < 1:
        raise ModerationError(f"{value!r} is no region: x, y, width and height, whole pixels, not empty")
    return list(value)


def _images(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not value or not all(isinstance(each, str) for each in value):
        raise ModerationError("upholding in part needs the ids of the images that go")
    return sorted(set(value))


def _facts(value: Any) -> str:
    return str(value).strip()[:FACTS]


def _slug(value: Any) -> str:
    if value not in SLUGS:
        raise ModerationError(f"{str(value)[:40]!r} is nothing that the taxonomy knows: leave the slug out")
    return str(value)


def _disclosure(value: Any) -> dict[str, Any]:
    fits = isinstance(value, Mapping) and set(value) <= {"need", "depicts"}
    need, depicts = (value.get("need", ""), value.get("depicts", [])) if fits else (None, [])
    if need not in ("", *NEEDS) or not isinstance(depicts, list) or not set(depicts) <= set(DEPICTS):
        raise ModerationError(
            f"a disclosure has need ({', '.join(NEEDS)}) and what it depicts ({', '.join(DEPICTS)})"
        )
    return {"need": need, "depicts": sorted(set(depicts))}


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "legal_basis": _legal_basis,
    "regions": _regions,
    "images": _images,
    "facts": _facts,
    "slug": _slug,
    "disclosure": _disclosure,
}

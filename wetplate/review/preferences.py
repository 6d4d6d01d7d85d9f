"""How a reviewer wants to see pictures. Pure: reading, writing and checking the columns of a form.

Rules:
1. What is stored is read leniently: a key that is unknown or out of range is its default, so that an older or
   newer console never locks anybody out. What somebody says is checked strictly.
2. The defaults protect: what is sensitive is blurred and grey until somebody says otherwise.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from wetplate.errors import FormRefused
from wetplate.moderation.taxonomy import SLUGS

THEMES = ("auto", "light", "dark")
BLUR, BREAK = range(0, 101), range(0, 241)


@dataclass(frozen=True)
class Preferences:
    """What a reviewer chose.

    Attributes:
        blur: percent by which sensitive pictures are blurred until a click; 0: not.
        grey: whether they are without colour.
        without: slugs of the taxonomy whose tasks are not offered to this person.
        theme: `auto` (what the machine says), `light` or `dark`.
        break_minutes: of work after which a break is suggested; 0: never.
    """

    blur: int = 60
    grey: bool = True
    without: tuple[str, ...] = ()
    theme: str = "auto"
    break_minutes: int = 50


def read(stored: Mapping[str, Any]) -> Preferences:
    """From the row: what does not fit is its default."""
    known = {field.name: stored[field.name] for field in fields(Preferences) if field.name in stored}
    if isinstance(known.get("without"), list):
        known["without"] = tuple(slug for slug in known["without"] if isinstance(slug, str))
    return Preferences(**{name: value for name, value in known.items() if _wrong(name, value) is None})


def write(preferences: Preferences) -> dict[str, Any]:
    """For the row. Raises FormRefused: nothing is stored that `read` would not give back."""
    for name, value in asdict(preferences).items():
        if says := _wrong(name, value):
            raise FormRefused(f"{name}: {says}")
    return asdict(preferences) | {"without": list(preferences.without)}


def from_form(form: Mapping[str, str], without: Collection[str] = ()) -> Preferences:
    """From the fields blur, grey (a checkbox), theme and break_minutes; `without` are the ticked slugs.

    Raises FormRefused, which names the field.
    """
    said = Preferences(
        blur=_number("blur", form.get("blur", "")),
        grey="grey" in form,
        without=tuple(sorted(set(without))),
        theme=form.get("theme", ""),
        break_minutes=_number("break_minutes", form.get("break_minutes", "")),
    )
    write(said)
    return said


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise FormRefused(f"{name}: a whole number is expected")
    return int(text)


def _wrong(name: str, value: object) -> str | None:
    """What is wrong with one preference; None: nothing."""
    if name in ("blur", "break_minutes"):
        allowed = BLUR if name == "blur" else BREAK
        fits = isinstance(value, int) and not isinstance(value, bool) and value in allowed
        return None if fits else f"{allowed.start} to {allowed.stop - 1} is expected"
    if name == "grey":
        return None if isinstance(value, bool) else "yes or no is expected"
    if name == "theme":
        return None if value in THEMES else f"one of {', '.join(THEMES)} is expected"
    if not isinstance(value, tuple):
        return "a list of slugs is expected"
    unknown = [slug for slug in value if slug not in SLUGS]
    return f"not in the taxonomy: {', '.join(map(str, unknown))[:80]}" if unknown else None

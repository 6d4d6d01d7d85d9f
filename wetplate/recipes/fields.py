"""Strict reading of a TOML table: each key is taken once, and whatever is left over is an error.

Here: taking typed values out of tables. Not here: what a family file must say (`familyfile`). Every refusal
is a FamilyError that names the file, the key with its path, and what was expected.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from wetplate.errors import FamilyError

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})?\Z")
LONGEST = 4_000


class Fields:
    """One table of a file, taken apart key by key. `path` is the table's name in the file."""

    def __init__(self, file: object, body: Mapping[str, Any], path: str = "") -> None:
        self.file, self.path, self._left = file, path, dict(body)

    def refuse(self, key: str, expected: str) -> NoReturn:
        """Raise FamilyError for a key of this table."""
        raise FamilyError(self.file, f"{self.path}{key}", expected)

    def table(self, key: str) -> "Fields":
        """A table inside this one."""
        return Fields(self.file, self._take(key, dict, "a table"), f"{self.path}{key}.")

    def tables(self, key: str) -> list["Fields"]:
        """An array of tables; none when the key is absent."""
        entries = self._take(key, list, "an array of tables", [])
        if not all(isinstance(entry, dict) for entry in entries):
            self.refuse(key, f"expected an array of tables, [[{self.path}{key}]]")
        return [Fields(self.file, entry, f"{self.path}{key}[{at}].") for at, entry in enumerate(entries)]

    def text(self, key: str, *, empty: bool = False) -> str:
        """A string of printable characters (line breaks and tabs allowed), without white space around it."""
        return self._line(key, self._take(key, str, "a string"), empty=empty)

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings, each as `text`."""
        entries = self._take(key, list, 'an array of strings, like ["white", "black"]')
        if not all(isinstance(entry, str) for entry in entries):
            self.refuse(key, 'expected an array of strings, like ["white", "black"]')
        return tuple(self._line(f"{key}[{at}]", entry) for at, entry in enumerate(entries))

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number in low..high."""
        value: int = self._take(key, int, f"a whole number from {low} to {high}")
        if not low <= value <= high:
            self.refuse(key, f"expected a whole number from {low} to {high}, not {value}")
        return value

    def decimal(self, key: str, low: int, high: int, default: str | None = None) -> str:
        """A decimal number written as a string, in its shortest form: recipes hold no floats."""
        wanted = f'a decimal number as a string from "{low}" to "{high}", like "7.5"'
        value = self._take(key, str, wanted, default)
        if not DECIMAL.match(value) or not low <= Decimal(value) <= high:
            self.refuse(key, f"expected {wanted}, not {value!r}")
        return shortest(value)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of a few words."""
        value: str = self._take(key, str, f"one of {', '.join(choices)}")
        if value not in choices:
            self.refuse(key, f"expected one of {', '.join(choices)}, not {value!r}")
        return value

    def slug(self, key: str) -> str:
        """A name as `checked_slug` in `family` allows it."""
        value: str = self._take(key, str, "a name in lower-case letters, digits and single hyphens")
        if not is_slug(value):
            self.refuse(key, f"expected 2 to 40 lower-case letters, digits and single hyphens, not {value!r}")
        return value

    def left(self) -> tuple[str, ...]:
        """The keys nobody has taken yet, in the file's order."""
        return tuple(self._left)

    def done(self, known: str) -> None:
        """Refuse whatever nobody took; `known` lists the keys of this table."""
        for key in self._left:
            self.refuse(key, f"unknown key; expected only {known}")

    def _take(self, key: str, kind: type, wanted: str, default: Any = None) -> Any:
        if key not in self._left and default is not None:
            return default
        if key not in self._left:
            self.refuse(key, f"missing; expected {wanted}")
        value = self._left.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(key, f"expected {wanted}, not {type(value).__name__} {shown(value)}")
        return value

    def _line(self, key: str, value: str, *, empty: bool = False) -> str:
        if not value and not empty:
            self.refuse(key, "expected a string that is not empty")
        if value != value.strip():
            self.refuse(key, f"expected no white space at either end of {shown(value)}")
        if len(value) > LONGEST or not all(sign.isprintable() or sign in "\n\t" for sign in value):
            self.refuse(key, f"expected at most {LONGEST} printable characters, not {shown(value)}")
        return value


def is_slug(value: str) -> bool:
    """Whether a name is 2 to 40 lower-case letters, digits and single hyphens between them."""
    return 2 <= len(value) <= 40 and SLUG.match(value) is not None


def shortest(value: str) -> str:
    """A decimal number without needless zeros: "7.50" is "7.5", "-0" is "0"."""
    whole, _, part = value.partition(".")
    part = part.rstrip("0")
    short = f"{whole}.{part}" if part else whole
    return "0" if short == "-0" else short


def shown(value: object) -> str:
    """A value as one short line of a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

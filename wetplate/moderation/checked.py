"""A TOML table whose every reading is checked: wrong kinds and keys nobody knows are refused by name.

Here: reading. Not here: what the values mean (`policy`).
"""

from collections.abc import Mapping
from typing import Any

from wetplate.errors import ModerationError


class Table:
    """A TOML table whose every reading is checked; `done` refuses what nobody read."""

    def __init__(self, where: str, body: Mapping[str, Any]) -> None:
        self.where, self._body, self._read = where, body, set[str]()

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        self._read.add(key)
        value = self._body.get(key, default)
        wrong = isinstance(value, bool) and kind is not bool
        if value is None or wrong or not isinstance(value, kind):
            raise self.refuse(key, f"expected {_named(kind)}")
        return value

    def words(self, key: str, default: Any = None) -> tuple[str, ...]:
        values = self.take(key, list, default)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.refuse(key, "expected a list of words")
        return tuple(values)

    def tables(self, key: str) -> "list[tuple[str, Table]]":
        value = self.take(key, (dict, list), {})
        named = value.items() if isinstance(value, dict) else ((str(n), part) for n, part in enumerate(value))
        return [(name, self.inner(f"{key}.{name}", part)) for name, part in named]

    def optional(self, key: str) -> "Table | None":
        self._read.add(key)
        return self.inner(key, self._body[key]) if key in self._body else None

    def inner(self, key: str, body: Any) -> "Table":
        if not isinstance(body, dict):
            raise self.refuse(key, "expected a table")
        return Table(f"{self.where}: {key}", body)

    def done(self) -> None:
        unknown = sorted(set(self._body) - self._read)
        if unknown:
            raise self.refuse(unknown[0], f"unknown key; known: {', '.join(sorted(self._read))}")

    def refuse(self, key: str, expected: str) -> ModerationError:
        return ModerationError(f"{self.where}: {key}: {expected}")


def _named(kind: type | tuple[type, ...]) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}
    return " or ".join(names.get(part, "a table") for part in (kind if isinstance(kind, tuple) else (kind,)))

"""The last line of an infotext: `Key: value, Key: value`.

Here: taking the line apart and writing one value. Not here: which line it is (`grammar`), what keys mean.

Rules, as A1111's reader applies them:
1. A key starts with a word character and goes on, for one or more, with word characters, spaces, hyphens and
   slashes: a one-letter key is not seen.
2. A value is a quoted JSON string that ends before a comma or at the end, or else everything up to the next
   comma.
3. What fits no pair is passed over in silence. Here it is not silent: `gaps` has it.
The scan is linear: the tool's own regular expression takes quadratic time on hostile lines.
"""

import json
import re
from dataclasses import dataclass

KEY = re.compile(r"\w[\w /-]+\Z")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)+"(?=,|\Z)')


@dataclass(frozen=True)
class Pair:
    """A key, its value unquoted (None: nothing stands there), and where the pair starts in the line."""

    key: str
    value: str | None
    at: int


def scan(line: str) -> tuple[list[Pair], list[str]]:
    """The pairs of a line, and the pieces of text that belong to none."""
    pairs: list[Pair] = []
    gaps: list[str] = []
    end = search = 0
    while (colon := line.find(":", search)) >= 0:
        key, at = _key(line, max(end, search), colon)
        search = colon + 1
        if key:
            value, after = _value(line, colon + 1)
            gaps.append(line[end:at])
            pairs.append(Pair(key, value, at))
            end = search = after
    gaps.append(line[end:])
    return pairs, [gap for gap in (gap.strip(" ,\t\r") for gap in gaps) if gap]


def quoted(value: str) -> str:
    """A value as it is written: as A1111 does, and also in quotes where its reader would not give it back."""
    plain = value == value.strip() and value and not set(value) & set(",:\n") and value[0] != '"'
    return value if plain else json.dumps(value, ensure_ascii=False)


def _key(line: str, start: int, colon: int) -> tuple[str, int]:
    """The key before a colon and where it starts; no key gives an empty one."""
    at = colon
    while at > start and _continues(line[at - 1]):
        at -= 1
    while at < colon and not _begins(line[at]):
        at += 1
    return (line[at:colon], at) if colon - at >= 2 else ("", colon)


def _value(line: str, start: int) -> tuple[str | None, int]:
    """The value from there on, and where the next pair may start."""
    while start < len(line) and line[start].isspace():
        start += 1
    if match := QUOTED.match(line, start):
        return _unquoted(match.group()), match.end() + 1
    comma = line.find(",", start)
    end = len(line) if comma < 0 else comma
    return (_unquoted(line[start:end]) if end > start else None), end + 1


def _unquoted(value: str) -> str:
    """The string a quoted value stands for; a value whose quotes hold no JSON stays as it is."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def _begins(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _continues(sign: str) -> bool:
    return _begins(sign) or sign in " -/"

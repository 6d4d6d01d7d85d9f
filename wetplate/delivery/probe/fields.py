"""Headers that the probe reads: Cache-Control, Cache-Status, Server-Timing, Accept-Ranges' kin. Pure.

Here: text to values. Not here: whether they are right (`judge`).

Rule: what cannot be read is left out, never guessed; no header makes a reader raise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
PART = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*")+')
SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)
MILLISECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Hop:
    """What one cache says of an answer (RFC 9211)."""

    name: str
    hit: bool
    stored: bool = False
    detail: str = ""


def members(text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """`a; b=1, c` as ("a", {"b": "1"}), ("c", {})."""
    for member in MEMBER.findall(text):
        name, *rest = (part.strip() for part in PART.findall(member))
        if name:
            told = (part.partition("=") for part in rest)
            yield name, {key.strip().lower(): value.strip().strip('"') for key, _, value in told}


def directives(text: str) -> Mapping[str, str]:
    """Cache-Control and CDN-Cache-Control; a directive without a value has an empty one."""
    parts = (part.strip().partition("=") for part in MEMBER.findall(text))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts if name.strip()}


def seconds(told: Mapping[str, str], name: str) -> int | None:
    """The number of seconds of a directive."""
    value = told.get(name, "")
    return int(value) if SECONDS.fullmatch(value) else None


def hops(text: str) -> list[Hop]:
    """The caches an answer came through; the last one is nearest to us."""
    return [
        Hop(name.strip('"'), "hit" in told, "stored" in told, told.get("detail", ""))
        for name, told in members(text)
    ]


def timings(text: str) -> dict[str, float]:
    """Server-Timing's stages in milliseconds; what has no duration is 0. Empty if nothing can be read."""
    return {name: float(_duration(told.get("dur", "0"))) for name, told in members(text)}


def _duration(text: str) -> str:
    return text if MILLISECONDS.fullmatch(text) else "0"

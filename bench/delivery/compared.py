"""Checks against every server, as Markdown: a column a server, a line a check.

A server that dies on a check fails it and is started anew for the next one, so that one fatal input does not
decide the rest of its column.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

from bench.delivery.behaviour import Check, verdict
from bench.delivery.installing import Absent
from bench.delivery.peers.peer import Peer

Opened: TypeAlias = Callable[[], AbstractContextManager[Peer]]
Verdict: TypeAlias = tuple[str, str]
MARKS = {"pass": "✓", "fail": "✗", "n/a": "–"}


def column(opened: Opened, checks: Mapping[str, Check]) -> dict[str, Verdict]:
    """How one server does on every check. Raises Absent when it cannot be had."""
    done: dict[str, Verdict] = {}
    while rest := {name: check for name, check in checks.items() if name not in done}:
        with opened() as peer:
            for name, said in _until_death(peer, rest):
                done[name] = said
    return done


def columns(servers: Mapping[str, Opened], checks: Mapping[str, Check]) -> dict[str, dict[str, Verdict]]:
    """The columns of all servers; one that cannot be had is all n/a, with the reason."""
    found = {}
    for name, opened in servers.items():
        try:
            found[name] = column(opened, checks)
        except Absent as reason:
            found[name] = {check: ("n/a", str(reason)) for check in checks}
    return found


def markdown(found: Mapping[str, Mapping[str, Verdict]], names: Mapping[str, str]) -> str:
    """The table; `names` are the lines' words by check."""
    lines = ["| check | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    lines += [
        f"| {words} | " + " | ".join(_cell(column[check]) for column in found.values()) + " |"
        for check, words in names.items()
    ]
    return "\n".join([*lines, _sums(found)])


def _until_death(peer: Peer, checks: Mapping[str, Check]) -> Iterator[tuple[str, Verdict]]:
    for name, check in checks.items():
        said = verdict(peer, check)
        if not peer.server.alive():
            yield name, ("fail", "the server dies")
            return
        yield name, said


def _cell(said: Verdict) -> str:
    mark, seen = said
    return f"{MARKS[mark]} {plain(seen)[:80]}".strip() if mark == "fail" else MARKS[mark]


def plain(text: str) -> str:
    """Text that cannot break a Markdown table."""
    return re.sub(r"\s+", " ", text).replace("|", "/")


def _sums(found: Mapping[str, Mapping[str, Verdict]]) -> str:
    cells = []
    for column in found.values():
        kinds = [said[0] for said in column.values()]
        cells.append(f"{kinds.count('pass')} of {len(kinds) - kinds.count('n/a')}")
    return "| **passed, of those it has words for** | " + " | ".join(f"**{cell}**" for cell in cells) + " |"

"""Paths as telemetry may keep them: without what lets somebody in. Pure, but for a filter of log lines.

Here: which part of a path is a secret. Not here: who writes spans (`otlp`) or logs (`wetplate serve`).

Rules:
1. The token of a signed address and that of a notice's receipt are keys: whoever reads one in a trace or a
   log could use it. A dash stands in their place.
2. Whatever looks like such a path is treated as one, also where the origin would answer 404.
3. Caches in front of the origin see whole paths; what they log is theirs to cut (docs/runbook.md).
"""

import logging
import re

SECRET = re.compile(r"(?i)(/signed/+|/notices/+[^/?]+/+)[^/?]+")
PATH = 2  # among the arguments of a line of uvicorn's access log


def plain(path: str) -> str:
    """The path with a dash for every key in it."""
    return SECRET.sub(r"\1-", path)


class Plain(logging.Filter):
    """Cuts keys from the lines of uvicorn's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) > PATH:
            told = (plain(str(each)) if at == PATH else each for at, each in enumerate(record.args))
            record.args = tuple(told)
        return True

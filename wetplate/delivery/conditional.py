"""What a conditional or partial request gets: all of it, a part, or nothing new. Pure.

Here: If-Match, If-None-Match, Range and If-Range over the text of headers (several lines joined by a comma).
Not here: dates; an answer has a strong ETag, its digest, and no Last-Modified.

Rules (RFC 9110, 13.2.2 and 14.2):
1. If-Match first (412), then If-None-Match (304), then Range. A header that cannot be read is ignored.
2. If-None-Match compares weakly: `W/"x"` is `"x"`. If-Match and If-Range compare strongly: a weak tag never
   matches, nor does a date in If-Range.
3. One range is answered 206, or 416 when nothing of it exists. Several ranges are answered with the whole
   picture, as the RFC allows: nobody needs them for a picture, and a thousand overlapping ones are an attack.
4. Range concerns GET only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 4_096
TAGS: Final = re.compile(r'(W/)?("[^"]*")')
SPAN: Final = re.compile(r"bytes[ \t]*=[ \t]*([0-9]*)[ \t]*-[ \t]*([0-9]*)[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """Status and the bytes `start` to `stop` (not included) that the body is."""

    status: int
    start: int
    stop: int
    length: int

    @property
    def headers(self) -> dict[str, str]:
        """Content-Range, where the status wants it."""
        if self.status == 206:
            return {"Content-Range": f"bytes {self.start}-{self.stop - 1}/{self.length}"}
        return {"Content-Range": f"bytes */{self.length}"} if self.status == 416 else {}


def etag(sha256: str) -> str:
    """The strong entity tag of bytes with this digest."""
    return f'"{sha256}"'


def answer(headers: Mapping[str, str], etag: str, length: int, method: str = "GET") -> Answer:
    """What to answer with a body of `length` bytes; header names are looked up in lower case."""
    if (wanted := headers.get("if-match")) is not None and not matches(wanted, etag, weakly=False):
        return Answer(412, 0, 0, length)
    if (known := headers.get("if-none-match")) is not None and matches(known, etag):
        return Answer(304, 0, 0, length)
    asked = headers.get("range") if method == "GET" else None
    if asked is None or not current(headers.get("if-range"), etag):
        return Answer(200, 0, length, length)
    return part(asked, length)


def matches(header: str, etag: str, *, weakly: bool = True) -> bool:
    """Whether a list of entity tags, or `*`, names this strong one."""
    if len(header) > LONGEST:
        return False
    return header.strip() == "*" or any(
        tag == etag and (weakly or not weak) for weak, tag in TAGS.findall(header)
    )


def current(if_range: str | None, etag: str) -> bool:
    """Whether If-Range, if given, names this very file."""
    return if_range is None or if_range.strip() == etag


def part(header: str, length: int) -> Answer:
    """What a Range header gets: 206, 416, or 200 with the whole where it is not one readable range."""
    found = SPAN.fullmatch(header) if len(header) <= LONGEST else None
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return Answer(200, 0, length, length)
    if not first:
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(length, int(last) + 1 if last else length)
        if last and int(last) < start:
            return Answer(200, 0, length, length)
    return Answer(206, start, stop, length) if start < stop else Answer(416, 0, 0, length)

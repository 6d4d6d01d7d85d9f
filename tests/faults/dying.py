"""A process that dies at a chosen moment: just before or just after a put, a delete or a commit.

`Dying` stands before any store and counts moments, and those of commits while it is `watched`. At the chosen
one it raises Killed, which no code of ours catches: the transaction is rolled back by the connection that
goes away, as by a killed process. What is asked for afterwards happens as if nothing was wrong.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from wetplate.storage.objects import Head, Objects

NEVER = 10**9


class Killed(BaseException):
    """The process is gone."""


def die() -> None:
    """What happens at the chosen moment unless something else is wanted."""
    raise Killed


class Dying:
    """Dies at the moment `left` counts down to, or has `strike` happen then."""

    def __init__(self, inner: Objects, left: int = NEVER, strike: Callable[[], None] = die) -> None:
        self.inner, self.left, self.strike = inner, left, strike

    def put(self, key: str, body: bytes, *, content_type: str) -> Head:
        self._moment()
        head = self.inner.put(key, body, content_type=content_type)
        self._moment()
        return head

    def delete(self, key: str) -> None:
        self._moment()
        self.inner.delete(key)
        self._moment()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Commits of this process count as moments too."""
        for moment in ("before_commit", "after_commit"):
            event.listen(Session, moment, self._moment)
        try:
            yield
        finally:
            for moment in ("before_commit", "after_commit"):
                event.remove(Session, moment, self._moment)

    def _moment(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            self.left = NEVER
            self.strike()

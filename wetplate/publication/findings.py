"""What `verify` finds, and what a rule is given to look at. Values only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVarTuple

from sqlalchemy import Select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.storage.objects import Objects

T = TypeVarTuple("T")


@dataclass(frozen=True)
class Finding:
    """One broken invariant: which rule, about what (image id, object key), what is wrong, what to do."""

    rule: str
    subject: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.message}; {self.remedy}"


@dataclass(frozen=True)
class Scope:
    """What a rule looks at.

    `tick(done, total)` is told of every object read; `quick` reads no object's bytes.
    """

    session: Session
    objects: Objects
    family: str | None = None
    quick: bool = False
    grace: timedelta = timedelta(0)
    tick: Callable[[int, int], None] = lambda done, total: None

    def narrowed(self, query: Select[*T]) -> Select[*T]:
        """The query, of this family's images only if there is one; it must speak of canonical images."""
        return query if self.family is None else query.where(CanonicalRow.family == self.family)

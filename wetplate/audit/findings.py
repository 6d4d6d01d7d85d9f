"""What a check of the audit trail found, each naming where to look. Pure data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MOST: Final = 1000


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: in which table, stream and row ("" where there is none), and what."""

    table: str
    stream: str
    row: str
    what: str

    def __str__(self) -> str:
        stream = f" stream {self.stream}" if self.stream else ""
        row = f" row {self.row}" if self.row else ""
        return f"{self.table}{stream}{row}: {self.what}"


@dataclass
class Report:
    """What was looked at and what was found.

    Attributes:
        rows: rows read, by table.
        size, root, at: what the newest signed head is over, and when it was signed; None: nothing was sealed.
        heads: signed heads that were checked.
        younger: rows younger than the newest head, which it says nothing of.
        findings: the first MOST findings; `count` is how many there are.
    """

    rows: dict[str, int] = field(default_factory=dict)
    size: int = 0
    root: str = ""
    at: datetime | None = None
    heads: int = 0
    younger: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, table: str, stream: str, row: object, what: str) -> None:
        self.count += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(table, stream, str(row), what))

    @property
    def whole(self) -> bool:
        return self.count == 0

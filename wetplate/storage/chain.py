"""Append-only rows that show tampering: each carries the hash of the one before it in its stream.

Here: the mixin and the hash. Not here: who writes what. A stream is one image's rows of one table, so writers of
different images never wait for each other. The hash covers the stored text, never a re-serialised value.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from wetplate.storage.database import now

GENESIS = "0" * 64


class Chained:
    """Columns of a chained, append-only table. The database refuses UPDATE, DELETE and TRUNCATE on it.

    `stream` is the id of what the row is about; `body` the canonical JSON text the hash covers.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str]
    position: Mapped[int]
    body: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]
    at: Mapped[datetime]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("stream", "position"),)

    @classmethod
    def append(cls, session: Session, stream: str, **columns: Any) -> Self:
        """Add a row at the end of its stream. Two racing writers: the unique position lets one of them pass."""
        last = session.scalars(_tail(cls, stream)).first()
        position, previous = (last.position + 1, last.hash) if last else (0, GENESIS)
        at = now()
        body = json.dumps(
            {"at": at.isoformat(), **columns}, sort_keys=True, separators=(",", ":"), default=str
        )
        row = cls(
            stream=stream,
            position=position,
            body=body,
            previous=previous,
            hash=link(previous, stream, position, body),
            at=at,
            **columns,
        )
        session.add(row)
        session.flush()
        return row


def link(previous: str, stream: str, position: int, body: str) -> str:
    """SHA-256 over the previous hash, the stream, the position and the stored text, as hex."""
    return hashlib.sha256("\n".join((previous, stream, str(position), body)).encode()).hexdigest()


def broken(rows: Sequence[Any]) -> Iterator[str]:
    """What is wrong with one stream's rows, given in order of position."""
    previous = GENESIS
    for position, row in enumerate(rows):
        if row.position != position or row.previous != previous:
            yield f"{row.stream}: row {row.position} does not follow the one before it"
        if row.hash != link(row.previous, row.stream, row.position, row.body):
            yield f"{row.stream}: row {row.position} was changed after it was written"
        previous = row.hash


def _tail(cls: Any, stream: str) -> Any:
    return select(cls).where(cls.stream == stream).order_by(cls.position.desc()).limit(1)


def latest(cls: Any) -> Any:
    """A subquery of (stream, position) of the row in force of each stream."""
    return select(cls.stream, func.max(cls.position).label("position")).group_by(cls.stream).subquery()

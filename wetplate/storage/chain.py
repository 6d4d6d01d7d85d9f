"""Append-only rows that show tampering: each carries the hash of the one before it in its stream.

Here: the mixin, the hash, the check. Not here: who writes what. A stream is one image's rows of one table, so
writers of different images never wait for each other.

Rules:
1. The hash covers `body`, the text that was stored, never a re-serialised value; `body` tells every column.
2. Any change of a stored row is found, in whichever column, also a superuser's; so is a row taken out of the
   middle. A stream cut off at its end is not: for that, `wetplate.audit` puts every row into a signed tree.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import UniqueConstraint, func, inspect, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from wetplate.storage.database import now

GENESIS = "0" * 64
PLAIN = (str, int, float, list, dict, type(None))  # bool is an int
CHAIN = {"id", "stream", "position", "body", "previous", "hash"}


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
        """Add a row at the end of its stream. Of two racing writers the unique position lets one pass.

        The other gets sqlalchemy's IntegrityError.
        """
        last = session.execute(_tail(cls, stream)).first()
        position, previous = (last.position + 1, last.hash) if last else (0, GENESIS)
        at = now()
        body = told({"at": at, **columns})
        mapped: Any = cls  # the constructor is declarative's, which this mixin cannot see
        row: Self = mapped(
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
        elif changed := unlike(row.body, _columns(row)):
            yield f"{row.stream}: row {row.position}: {', '.join(changed)} changed after it was written"
        previous = row.hash


def unlike(body: str, columns: Mapping[str, Any]) -> list[str]:
    """The columns (as the database gives them, without those of the chain) that the body does not tell so."""
    try:
        said = dict(json.loads(body))
    except (ValueError, TypeError):
        return ["body"]
    names = said.keys() | columns.keys()
    return sorted(name for name in names if said.get(name) != _plain(columns.get(name)))


def told(columns: Mapping[str, Any]) -> str:
    """Canonical JSON text of a row's columns: keys sorted, no white space, times in UTC."""
    return json.dumps(columns, sort_keys=True, separators=(",", ":"), default=_plain)


def _columns(row: Any) -> dict[str, Any]:
    names = set(inspect(row).mapper.column_attrs.keys()) - CHAIN
    return dict(json.loads(told({name: getattr(row, name) for name in names})))


def _plain(value: Any) -> Any:
    """A column's value as JSON tells it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if isinstance(value, PLAIN) else str(value)


def _tail(cls: Any, stream: str) -> Any:
    query = select(cls.position, cls.hash).where(cls.stream == stream)
    return query.order_by(cls.position.desc()).limit(1)


def latest(cls: Any) -> Any:
    """A subquery of (stream, position) of the row in force of each stream."""
    return select(cls.stream, func.max(cls.position).label("position")).group_by(cls.stream).subquery()

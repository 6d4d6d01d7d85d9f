"""Orphans: objects that no row refers to. Two phases: marked first, deleted by a later pass that looks again.

Here: the marks and the sweep. Not here: which columns hold keys (they say so themselves, by
`info={"object_key": True}`), who commits (the edge).

Rules:
1. An object goes only if it and its mark are older than the grace and no row refers to it, both times.
2. A table this process has not loaded could hold references, and a catalog that refers to nothing may be the
   wrong one: then nothing is swept at all.
3. The object goes before its mark: a sweep that dies is finished by the next one. One sweep at a time.
4. Only a step that makes the very bytes of a marked orphan again in the instant of its deletion can lose: its
   row then names a missing object, which `wetplate verify` finds and a repeated put mends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from sqlalchemy import BigInteger, Column, delete, exists, select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wetplate.errors import StorageError
from wetplate.storage.database import Base, now
from wetplate.storage.objects import Entry, Objects

GRACE = timedelta(hours=24)
BATCH = 1000
LOCK = 0x73776565
FOREIGN = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"

Phase = Literal["fresh", "waiting", "due"]


class OrphanRow(Base):
    """An object seen without a row at `marked_at`; the same object still without one a grace later may go."""

    __tablename__ = "orphans"
    key: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime]
    marked_at: Mapped[datetime]


@dataclass(frozen=True)
class Swept:
    """What a sweep did, or in a dry run would do: objects marked now, waiting since earlier, deleted."""

    marked: int = 0
    waiting: int = 0
    deleted: int = 0
    bytes: int = 0


def sweep(session: Session, objects: Objects, *, delete: bool = False, grace: timedelta = GRACE) -> Swept:
    """One pass over the store. Changes nothing unless `delete` is set; `bytes` are those of what is deleted.

    Raises StorageError when the references cannot be known for certain, or another sweep is at work.
    """
    _require_certainty(session)
    swept, seen, limit = Swept(), set[str](), now() - grace
    old = (entry for entry in objects.list() if entry.put_at < limit)
    for batch in _batches(old):
        due, swept = _look(session, batch, limit, swept, write=delete)
        seen.update(entry.key for entry in batch)
        if delete:
            _remove(session, objects, due)
    if delete:
        _forget_gone(session, seen)
    return swept


def phase(entry: Entry, mark: OrphanRow | None, limit: datetime) -> Phase:
    """Where an unreferenced object stands; one put anew after its mark starts again."""
    if mark is None or mark.put_at != entry.put_at:
        return "fresh"
    return "due" if mark.marked_at < limit else "waiting"


def key_columns() -> list[Column[Any]]:
    """Every loaded column that holds object keys."""
    tables = Base.metadata.sorted_tables
    return [column for table in tables for column in table.columns if column.info.get("object_key")]


def referenced(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of the keys that a row refers to."""
    asked = list(keys)
    queries = [select(column).where(column.in_(asked)) for column in key_columns()]
    return set(session.scalars(union_all(*queries)))


def _look(
    session: Session, batch: list[Entry], limit: datetime, swept: Swept, *, write: bool
) -> tuple[list[Entry], Swept]:
    """What of the batch is due; the marks brought up to date if `write`."""
    needed = referenced(session, (entry.key for entry in batch))
    marks = _marks(session, batch)
    loose = [(entry, phase(entry, marks.get(entry.key), limit)) for entry in batch if entry.key not in needed]
    fresh, waiting, due = (
        [entry for entry, at in loose if at == name] for name in ("fresh", "waiting", "due")
    )
    if write:
        _drop_marks(session, needed & marks.keys())
        _mark(session, fresh)
    counted = replace(
        swept,
        marked=swept.marked + len(fresh),
        waiting=swept.waiting + len(waiting),
        deleted=swept.deleted + len(due),
        bytes=swept.bytes + sum(entry.size for entry in due),
    )
    return due, counted


def _require_certainty(session: Session) -> None:
    if not session.scalar(text(f"SELECT pg_try_advisory_xact_lock({LOCK})")):
        raise StorageError("another sweep is at work; wait until it is done")
    foreign = set(session.scalars(text(FOREIGN))) - Base.metadata.tables.keys()
    if foreign:
        raise StorageError(
            f"tables {', '.join(sorted(foreign))} are not loaded and may refer to objects: nothing swept"
        )
    if not any(session.scalar(select(exists().where(column.is_not(None)))) for column in key_columns()):
        raise StorageError(
            "no row refers to any object: is this the catalog that belongs to the store? Nothing swept"
        )


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


def _marks(session: Session, batch: list[Entry]) -> dict[str, OrphanRow]:
    found = session.scalars(select(OrphanRow).where(OrphanRow.key.in_([entry.key for entry in batch])))
    return {mark.key: mark for mark in found}


def _mark(session: Session, fresh: list[Entry]) -> None:
    for entry in fresh:
        told = {"bytes": entry.size, "put_at": entry.put_at, "marked_at": now()}
        row = insert(OrphanRow).values(key=entry.key, **told)
        session.execute(row.on_conflict_do_update(index_elements=["key"], set_=told))


def _remove(session: Session, objects: Objects, due: list[Entry]) -> None:
    """Delete what is due and, looked at once more, still without a row."""
    late = referenced(session, (entry.key for entry in due))
    for entry in due:
        if entry.key not in late:
            objects.delete(entry.key)
    _drop_marks(session, {entry.key for entry in due})


def _drop_marks(session: Session, keys: set[str]) -> None:
    session.execute(delete(OrphanRow).where(OrphanRow.key.in_(keys)))


def _forget_gone(session: Session, seen: set[str]) -> None:
    """Marks of objects that somebody else deleted."""
    marked = set(session.scalars(select(OrphanRow.key)))
    _drop_marks(session, marked - seen)

"""Sealing: append-only rows get their place in the tree, and its root a signature outside the database.

Here: `seal`, the only writer of leaves and heads. Not here: any judgement (`verify`).

Rules:
1. Two transactions. The first gives places to rows that others committed; the second signs the root over what
   stands committed. So no head ever speaks of a row that was rolled back, and a crash between any two lines
   leaves nothing that the next call does not finish.
2. One sealer at a time, by an advisory lock. Places have no gaps and are never given twice.
3. Only rows that say they were written LOOKBACK before the last head, or later, are looked for: a row that
   appears with an older date is no news but a finding (`verify`). `everything` looks for those too.
"""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from wetplate.attestation.keys import Key
from wetplate.audit import heads
from wetplate.audit.merkle import EMPTY, Range, restored
from wetplate.audit.sources import BATCH, Source, body, digest, leaf, rows, sources
from wetplate.audit.tables import HeadRow, LeafRow
from wetplate.errors import AuditBroken
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects

LOCK = 0x61756469
LOOKBACK = timedelta(days=1)
DAWN = datetime(1970, 1, 1, tzinfo=UTC)

# A sub-select, not a join: one look into the index a row, whatever the planner thinks of the tables' sizes.
UNSEALED = """
    FROM {name} t WHERE t.at >= :since
     AND (SELECT l.position FROM audit_leaves l
           WHERE l.source = CAST(:source AS varchar) AND l.row_id = t.{key}::text) IS NULL
"""
CHAINED = """
    INSERT INTO audit_leaves (position, source, stream, row_id, hash, at)
    SELECT :base + row_number() OVER (ORDER BY t.id) - 1, CAST(:source AS varchar), t.stream, t.id::text,
           t.hash, t.at {unsealed}
"""
PLAIN = "SELECT t.* {unsealed} ORDER BY t.at, t.{key}"
LEAVES = "SELECT * FROM audit_leaves WHERE position >= :size ORDER BY position"


@dataclass(frozen=True)
class Sealed:
    """What a call did: rows that got a place, and how many the signed tree has now."""

    rows: int
    size: int
    root: str

    def __str__(self) -> str:
        return f"{self.rows:,} rows sealed; the head is over {self.size:,}, root {self.root[:12]}"


def seal(database: Engine, objects: Objects, key: Key, *, everything: bool = False) -> Sealed:
    """Seal what was committed so far, in transactions of its own. Raises AuditBroken."""
    with transaction(database) as session:
        count = sequence(session, everything=everything)
    with transaction(database) as session:
        head = sign(session, objects, key)
    return Sealed(count, head.size, head.root) if head else Sealed(count, 0, EMPTY)


def waiting(session: Session) -> bool:
    """Whether there is anything to seal: rows without a place, or places without a head."""
    before = last(session)
    if _size(session) > (before.size if before else 0):
        return True
    since = before.at - LOOKBACK if before else DAWN
    return any(_any_unsealed(session, source, since) for source in sources(session))


def sequence(session: Session, *, everything: bool = False) -> int:
    """Give places to rows that have none, in the order of their tables; how many there were."""
    _lock(session)
    size, before = _size(session), last(session)
    base = size
    for source in sources(session):
        since = DAWN if everything or before is None or _new(session, source) else before.at - LOOKBACK
        add = _chained if source.chained else _plain
        size += add(session, source, size, since)
    return size - base


def sign(session: Session, objects: Objects, key: Key) -> HeadRow | None:
    """Sign the root over all committed places; the newest head, also when nothing is new. None: no rows."""
    _lock(session)
    before, size = last(session), _size(session)
    if size == (before.size if before else 0):
        return before
    tree = _grown(session, before)
    told = heads.Head(
        size, tree.root(), now(), before.size if before else 0, before.root if before else EMPTY
    )
    token = heads.put(objects, key, told)
    row = HeadRow(size=size, root=told.root, subtrees=tree.told(), key=heads.key_of(size), signed=token)
    session.add(row)
    session.flush()
    return row


def last(session: Session) -> HeadRow | None:
    """The newest head."""
    return session.scalars(select(HeadRow).order_by(HeadRow.size.desc()).limit(1)).first()


def _grown(session: Session, before: HeadRow | None) -> Range:
    """The tree over every leaf, grown from the newest head's. Raises AuditBroken."""
    tree = restored(before.size, before.subtrees) if before else Range()
    if before is not None and tree.root() != before.root:
        raise AuditBroken(f"the head over {before.size:,} rows was changed; run `wetplate audit verify`")
    with closing(rows(session, LEAVES, size=tree.size)) as leaves:
        for row in leaves:
            if row["position"] != tree.size:
                raise AuditBroken(f"place {tree.size:,} of the tree is gone; run `wetplate audit verify`")
            tree.push(leaf(row))
    return tree


def _chained(session: Session, source: Source, base: int, since: datetime) -> int:
    query = CHAINED.format(unsealed=UNSEALED.format(name=source.name, key=source.key))
    done = session.execute(text(query), {"base": base, "source": source.name, "since": since})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _plain(session: Session, source: Source, base: int, since: datetime) -> int:
    query = PLAIN.format(unsealed=UNSEALED.format(name=source.name, key=source.key), key=source.key)
    count = 0
    with closing(rows(session, query, source=source.name, since=since)) as found:
        while batch := list(islice(found, BATCH)):
            leaves = [_leaf(source, place, row) for place, row in enumerate(batch, base + count)]
            session.execute(insert(LeafRow), leaves)
            count += len(leaves)
    return count


def _any_unsealed(session: Session, source: Source, since: datetime) -> bool:
    unsealed = UNSEALED.format(name=source.name, key=source.key)
    query = text(f"SELECT EXISTS (SELECT {unsealed})")
    return bool(session.scalar(query, {"source": source.name, "since": since}))


def _leaf(source: Source, position: int, row: dict[str, Any]) -> dict[str, object]:
    place = {"position": position, "source": source.name, "stream": "", "row_id": str(row[source.key])}
    return {**place, "hash": digest(body(row)), "at": row["at"]}


def _new(session: Session, source: Source) -> bool:
    """Whether none of the table's rows was ever sealed."""
    return session.scalar(select(LeafRow.position).where(LeafRow.source == source.name).limit(1)) is None


def _size(session: Session) -> int:
    return session.scalars(select(func.coalesce(func.max(LeafRow.position) + 1, 0))).one()


def _lock(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))

"""Every append-only row against its chain, its columns and the leaf that was sealed of it. Reads only.

Here: one table at a time, a batch in memory at a time. Not here: the tree over the leaves (`verify`).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from wetplate.audit.findings import Report
from wetplate.audit.sources import Source, body, digest, rows
from wetplate.storage.chain import CHAIN, GENESIS, link, unlike

#: A row that appears is at most so much older than the last head: a long transaction, a clock that is slow.
SLACK = timedelta(hours=6)

CHANGED = """
    SELECT l.row_id, l.stream, t.{key} IS NULL AS gone
      FROM audit_leaves l LEFT JOIN {name} t ON t.{key}::text = l.row_id
     WHERE l.source = :source
       AND (t.{key} IS NULL OR t.at <> l.at OR {unlike})
     ORDER BY l.position
"""
YOUNGER = """
    SELECT t.{key}::text AS row_id, {stream} AS stream, t.at
      FROM {name} t LEFT JOIN audit_leaves l
        ON l.source = :source AND l.row_id = t.{key}::text AND l.position < :size
     WHERE l.row_id IS NULL
"""
PLAIN = """
    SELECT t.*, l.hash AS sealed_hash
      FROM {name} t LEFT JOIN audit_leaves l ON l.source = :source AND l.row_id = t.{key}::text
"""


def check(session: Session, source: Source, size: int, sealed_at: datetime | None, report: Report) -> None:
    """Look at every row of one table; `size` leaves are under the newest head, signed at `sealed_at`."""
    if not source.guarded:
        report.add(source.name, "", "", "the trigger that refuses every change is missing or off")
    report.rows[source.name] = (
        _chained(session, source, report) if source.chained else _plain(session, source, report)
    )
    _changed(session, source, report)
    _younger(session, source, size, sealed_at, report)


def _chained(session: Session, source: Source, report: Report) -> int:
    """Each stream from its first row: hash, place, columns."""
    count = 0
    found = rows(session, f"SELECT * FROM {source.name} ORDER BY stream, position")
    for stream, members in groupby(found, key=itemgetter("stream")):
        for row, what in _broken(members):
            count += 1
            if what:
                report.add(source.name, stream, row["id"], what)
    return count


def _broken(members: Iterator[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every row of a stream with what is wrong with it, "" if nothing is."""
    previous = GENESIS
    for position, row in enumerate(members):
        yield row, _wrong(row, position, previous)
        previous = row["hash"]


def _wrong(row: Mapping[str, Any], position: int, previous: str) -> str:
    if row["hash"] != link(row["previous"], row["stream"], row["position"], row["body"]):
        return f"position {row['position']} was changed after it was written"
    if row["position"] != position or row["previous"] != previous:
        return f"position {row['position']} does not follow the row before it: removed, inserted or reordered"
    columns = {name: value for name, value in row.items() if name not in CHAIN}
    changed = unlike(row["body"], columns)
    return f"position {row['position']}: {', '.join(changed)} changed after it was written" if changed else ""


def _plain(session: Session, source: Source, report: Report) -> int:
    """Each row that was sealed still has the canonical JSON it had."""
    count = 0
    for row in rows(session, PLAIN.format(name=source.name, key=source.key), source=source.name):
        count += 1
        sealed = row.pop("sealed_hash")
        if sealed is not None and sealed != digest(body(row)):
            report.add(source.name, "", row[source.key], "was changed after it was sealed")
    return count


def _changed(session: Session, source: Source, report: Report) -> None:
    """Each sealed row is there, and is the one that was sealed."""
    unlike = "t.hash <> l.hash OR t.stream <> l.stream" if source.chained else "false"
    query = CHANGED.format(name=source.name, key=source.key, unlike=unlike)
    for row in rows(session, query, source=source.name):
        what = "was sealed and is gone" if row["gone"] else "is not the row that was sealed"
        report.add(source.name, row["stream"], row["row_id"], what)


def _younger(session: Session, source: Source, size: int, sealed_at: datetime | None, report: Report) -> None:
    """Count what no head speaks of yet; what says it is much older than the last head was slipped in."""
    stream = "t.stream" if source.chained else "''"
    query = YOUNGER.format(name=source.name, key=source.key, stream=stream)
    for row in rows(session, query, source=source.name, size=size):
        report.younger += 1
        if sealed_at is not None and row["at"] < sealed_at - SLACK:
            report.add(source.name, row["stream"], row["row_id"], BACKDATED)


BACKDATED = "says it was written long before a head that does not know it: slipped in, or a clock was wrong"

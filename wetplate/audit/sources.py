"""What is audited: every table whose rows the database refuses to change, as the database itself tells.

Here: finding those tables and reading their rows as text that can be hashed. Not here: the tables (each stage
declares its own), the tree (`sealing`), the judgement (`verify`).

Rules:
1. The list is the database's: whoever has the trigger `append_only` is in, so that no table is forgotten.
2. A chained row is vouched for by its chain hash; any other by the SHA-256 of its canonical JSON, in which
   nulls are left out, so that a column added later changes no row that was there before.
3. Times are told in UTC whatever the session's zone; what is hashed is never re-serialised by the database.
"""

import hashlib
import json
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from wetplate.errors import AuditBroken
from wetplate.storage import chain

NAME = re.compile(r"[a-z_]+\Z")
OURS = ("audit_leaves", "audit_heads")
LEAF = ("source", "stream", "row_id", "hash")
BATCH = 5000
TABLES = text("""
    SELECT c.relname AS name, t.tgenabled = 'A' AS guarded,
           (SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a
             ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
             WHERE i.indrelid = c.oid AND i.indisprimary) AS keys,
           (SELECT format_type(a.atttypid, NULL) FROM pg_index i JOIN pg_attribute a
             ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = c.oid AND i.indisprimary) AS type,
           (SELECT array_agg(a.attname::text) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
      FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'append_only'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
       AND (t.oid IS NOT NULL OR c.relname = ANY (:sealed)) AND c.relname <> ALL (:ours)
     ORDER BY c.relname
""")


@dataclass(frozen=True)
class Source:
    """An append-only table: its name, primary key with its type, and whether its rows are chained.

    `guarded`: the database still refuses to change it, whoever asks.
    """

    name: str
    key: str
    key_type: str
    chained: bool
    guarded: bool = True


def sources(session: Session, sealed: tuple[str, ...] = ()) -> list[Source]:
    """Every append-only table, by name; those in `sealed` also when they have lost their trigger.

    Raises AuditBroken for a table whose rows cannot be named by one column.
    """
    rows = session.execute(TABLES, {"sealed": list(sealed), "ours": list(OURS)})
    return [_source(row) for row in rows.mappings()]


def rows(session: Session, query: str, **values: object) -> Generator[dict[str, Any]]:
    """The rows of a query, a batch in memory at a time; whoever leaves early closes the iterator."""
    options = {"stream_results": True, "yield_per": BATCH}
    with session.execute(text(query), values, execution_options=options) as found:
        names = list(found.keys())
        for row in found:
            yield dict(zip(names, row, strict=True))


def body(row: Mapping[str, Any]) -> str:
    """The canonical JSON of a row that is not chained, nulls left out."""
    return chain.told({name: value for name, value in row.items() if value is not None})


def digest(body: str) -> str:
    """What vouches for a row that is not chained."""
    return hashlib.sha256(body.encode()).hexdigest()


def leaf(row: Mapping[str, Any]) -> bytes:
    """What the tree holds of a row: where it stands, and the hash that vouches for it."""
    return json.dumps([row[name] for name in LEAF], separators=(",", ":")).encode()


def _source(row: RowMapping) -> Source:
    name, keys = row["name"], row["keys"] or []
    if not NAME.match(name) or len(keys) != 1 or "at" not in row["columns"]:
        raise AuditBroken(f"table {name} cannot be audited: it needs a primary key of one column and `at`")
    return Source(name, keys[0], row["type"], set(row["columns"]) >= chain.CHAIN, bool(row["guarded"]))

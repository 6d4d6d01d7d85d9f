"""The audit trail as files that prove themselves to whoever has neither the database nor Wetplate.

Here: writing a folder of `rows.jsonl`, `heads.jsonl`, `jwks.json` and `verify.py`. Not here: the check
(`verifier`, which is copied as `verify.py` and runs on any Python 3).

Rules:
1. Rows stand in the order of the tree, with the very text that was hashed, up to the newest signed head.
2. A row that was sealed and is gone stands there without its text: the export proves what is missing, too.
3. Personal fields and free words about notices and decisions are in none of these tables, so in no export;
   persons are pseudonyms, words their salted hash (`retention.words`). What stands there as somebody wrote it
   is listed in docs/adr/0009; it cannot be erased.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wetplate.attestation.jws import jwks
from wetplate.attestation.keys import Key
from wetplate.audit import verifier
from wetplate.audit.sealing import last
from wetplate.audit.sources import BATCH, Source, body, rows, sources
from wetplate.audit.tables import HeadRow, LeafRow
from wetplate.errors import AuditBroken

LEAVES = "SELECT * FROM audit_leaves WHERE position < :size ORDER BY position"
ROWS = "SELECT * FROM {name} WHERE {key} = ANY (CAST(:ids AS {type}[]))"


def export(session: Session, folder: Path, keys: Sequence[Key]) -> int:
    """Write everything under the newest head into an empty folder; how many rows that are.

    Raises AuditBroken when nothing was sealed, or the folder holds something.
    """
    if (head := last(session)) is None:
        raise AuditBroken("nothing was sealed yet: run `wetplate audit seal` first")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise AuditBroken(f"{folder} is not empty: name a folder of its own for the export")
    heads = session.scalars(select(HeadRow).order_by(HeadRow.size))
    _write(folder / "heads.jsonl", ({"size": row.size, "signed": row.signed} for row in heads))
    _write(folder / "rows.jsonl", _lines(session, head.size))
    (folder / "jwks.json").write_text(json.dumps(jwks(keys), indent=2), encoding="utf-8")
    shutil.copyfile(str(verifier.__file__), folder / "verify.py")
    return head.size


def _write(file: Path, lines: Iterable[dict[str, object]]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _lines(session: Session, size: int) -> Iterator[dict[str, object]]:
    """Every leaf in order, with the text of its row."""
    sealed = tuple(session.scalars(select(LeafRow.source).distinct()))
    tables = {source.name: source for source in sources(session, sealed)}
    with closing(rows(session, LEAVES, size=size)) as leaves:
        while batch := list(islice(leaves, BATCH)):
            texts = _texts(session, tables, batch)
            for leaf in batch:
                place = {name: leaf[name] for name in ("source", "stream", "row_id", "hash")}
                yield {**place, **texts.get((leaf["source"], leaf["row_id"]), {})}


def _texts(
    session: Session, tables: dict[str, Source], batch: Sequence[dict[str, Any]]
) -> dict[tuple[str, str], dict[str, object]]:
    """What was hashed of each row of the batch that is still there, by table and id."""
    found: dict[tuple[str, str], dict[str, object]] = {}
    for name, leaves in groupby(sorted(batch, key=itemgetter("source")), key=itemgetter("source")):
        if (source := tables.get(name)) is None:
            continue
        query = text(ROWS.format(name=name, key=source.key, type=source.key_type))
        for row in session.execute(query, {"ids": [leaf["row_id"] for leaf in leaves]}).mappings():
            found[name, str(row[source.key])] = _text(source, dict(row))
    return found


def _text(source: Source, row: dict[str, Any]) -> dict[str, object]:
    if source.chained:
        return {name: row[name] for name in ("position", "previous", "body")}
    return {"body": body(row)}

"""Every signed head there is, as a claim about the tree: rows, objects, and heads kept elsewhere.

Here: gathering them and checking signatures, order and copies. Not here: whether the tree bears them out
(`verify`, which grows it), the rows under it (`rows`).
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wetplate.attestation.keys import Key
from wetplate.audit.findings import Report
from wetplate.audit.heads import AREA, Head, key_of, opened
from wetplate.audit.sealing import LOCK
from wetplate.audit.tables import HeadRow
from wetplate.errors import AttestationError, ObjectMissing
from wetplate.storage.objects import Objects

READERS = 8


@dataclass(frozen=True)
class Claim:
    """`where` it is said that the tree over `head.size` leaves has the root `head.root`."""

    where: str
    head: Head


def gathered(
    session: Session, objects: Objects, keys: Sequence[Key], anchors: Iterable[str], report: Report
) -> list[Claim]:
    """Every claim whose signature holds, by size; what is wrong with the others goes into the report.

    No head is being made meanwhile: an object without its row has lost it.
    """
    session.execute(select(func.pg_advisory_lock(LOCK)))
    try:
        rows = session.scalars(select(HeadRow).order_by(HeadRow.size)).all()
        stored = [entry.key for entry in objects.list(AREA)]
    finally:
        session.execute(select(func.pg_advisory_unlock(LOCK)))
    claims = [
        *_said_by_rows(rows, keys, report),
        *_said_by_objects(rows, stored, objects, keys, report),
        *_said("a head kept elsewhere", anchors, keys, report),
    ]
    return sorted(claims, key=lambda claim: claim.head.size)


def _said_by_rows(rows: Sequence[HeadRow], keys: Sequence[Key], report: Report) -> list[Claim]:
    """The heads of the database; each must speak of the one before it."""
    claims = []
    for row in rows:
        for claim in _said(f"audit_heads row {row.size}", [row.signed], keys, report):
            if (row.size, row.root, row.key) != (claim.head.size, claim.head.root, key_of(row.size)):
                report.add("audit_heads", "", row.size, "its columns are not what was signed")
            claims.append(claim)
    for before, claim in pairwise(claims):
        if (claim.head.previous_size, claim.head.previous_root) != (before.head.size, before.head.root):
            report.add("audit_heads", "", claim.head.size, "does not follow the head before it: one is gone")
    if claims and claims[0].head.previous_size:
        report.add("audit_heads", "", claims[0].head.size, "is not the first head: those before it are gone")
    return claims


def _said_by_objects(
    rows: Sequence[HeadRow], stored: Sequence[str], objects: Objects, keys: Sequence[Key], report: Report
) -> list[Claim]:
    """The objects must be the rows' very copies; one that has no row is a claim of its own."""
    with ThreadPoolExecutor(READERS) as pool:
        copies = pool.map(lambda row: _read(objects, row.key), rows)
        for row, copy in zip(rows, copies, strict=True):
            if copy != row.signed:
                what = "is gone from the object store" if copy is None else "was replaced in the object store"
                report.add("audit_heads", "", row.size, f"{row.key} {what}")
    alone = sorted(set(stored) - {row.key for row in rows})
    found = [claim for key in alone for claim in _said(key, [_read(objects, key) or ""], keys, report)]
    return found


def _said(where: str, tokens: Iterable[str], keys: Sequence[Key], report: Report) -> list[Claim]:
    claims = []
    for token in tokens:
        try:
            claims.append(Claim(where, opened(keys, token.strip())))
        except AttestationError as refusal:
            report.add("audit_heads", "", where.removeprefix("audit_heads row "), str(refusal))
    return claims


def _read(objects: Objects, key: str) -> str | None:
    try:
        return objects.get(key).decode(errors="replace")
    except ObjectMissing:
        return None

"""Whether the audit trail is whole: every row, chain, leaf, root, signature and copy. Reads only.

Here: the whole check, and the tree grown anew from its leaves. Not here: signatures and copies (`claims`),
rows (`rows`), the check of an export (`verifier`, which needs nothing of ours).

Rules:
1. Nothing that is stored is believed: hashes are computed from the stored texts, the tree from the leaves.
2. What a row is compared with was signed, and lies where the database's administrator cannot write. Whoever
   also holds the key and the object store is found out only by a head kept elsewhere: pass it as an anchor.
3. Memory is bounded: rows and leaves pass by in batches, and findings are kept up to a number.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wetplate.attestation.keys import Key
from wetplate.audit.claims import Claim, gathered
from wetplate.audit.findings import Report
from wetplate.audit.merkle import Range
from wetplate.audit.rows import BACKDATED, SLACK, check
from wetplate.audit.sources import leaf, rows, sources
from wetplate.audit.tables import LeafRow
from wetplate.storage.objects import Objects

#: Every row is looked at: tables are joined by hash, whatever the planner thinks of their sizes.
WHOLE_TABLES = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'"
LEAVES = "SELECT * FROM audit_leaves ORDER BY position"


def verify(session: Session, objects: Objects, keys: Sequence[Key], *, anchors: Iterable[str] = ()) -> Report:
    """Look at everything. `anchors` are heads (JWS) that were kept elsewhere."""
    report = Report()
    session.execute(text(WHOLE_TABLES))
    claims = gathered(session, objects, keys, anchors, report)
    if claims:
        newest = claims[-1].head
        report.size, report.root, report.at = newest.size, newest.root, newest.at
    report.heads = len({claim.head.size for claim in claims})
    _grow(session, claims, report)
    sealed = tuple(session.scalars(select(LeafRow.source).distinct()))
    for source in sources(session, sealed):
        check(session, source, report.size, report.at, report)
    for missing in sorted(set(sealed) - report.rows.keys()):
        report.add(missing, "", "", "rows of this table were sealed, and the table is gone")
    return report


def _grow(session: Session, claims: Sequence[Claim], report: Report) -> None:
    """Grow the tree from its leaves, and hold every claim against it at its size."""
    tree, waiting, sealed_at = Range(), list(reversed(claims)), None
    with closing(rows(session, LEAVES)) as leaves:
        for row in leaves:
            sealed_at = _held_against(waiting, tree, sealed_at, report)
            if row["position"] != tree.size:
                report.add("audit_leaves", "", tree.size, "this place of the tree is gone")
                break
            if sealed_at is not None and row["at"] < sealed_at - SLACK:
                report.add(row["source"], row["stream"], row["row_id"], BACKDATED)
            tree.push(leaf(row))
    _held_against(waiting, tree, sealed_at, report)
    for claim in reversed(waiting):
        what = f"a signed head is over {claim.head.size:,} leaves, and only {tree.size:,} are whole"
        report.add("audit_leaves", "", "", f"{claim.where}: {what}")


def _held_against(
    waiting: list[Claim], tree: Range, sealed_at: datetime | None, report: Report
) -> datetime | None:
    """Judge the claims about a tree of this size; when the newest of them was signed."""
    while waiting and waiting[-1].head.size == tree.size:
        claim = waiting.pop()
        sealed_at = claim.head.at
        if claim.head.root != tree.root():
            report.add(
                "audit_leaves",
                "",
                "",
                f"{claim.where}: its root is not that of the first {tree.size:,} leaves",
            )
    return sealed_at

"""The invariant of signatures: the credentials of what is public hold, by the reader that verifiers use.

Here: the rule over derivatives and transforms in force. Not here: marks and texts (`object_invariants`), what
strangers get over HTTP (the probe).

Reading costs about 2 ms a file, and the file itself from the store: 1,000 files take 2 s. Therefore a sample
by chance is read unless all are asked for. Nothing is decoded.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from sqlalchemy import Select, select

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.ondemand import UNSIGNED
from wetplate.errors import ObjectMissing
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.provenance.signing import Credentials
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.findings import Finding, Scope
from wetplate.publication.object_invariants import MADE, REMAKE, in_force

Read = Callable[[bytes, str, bytes | None], Credentials | None]
SAMPLE = 200
NAME = "signatures"


def signatures(
    scope: Scope, read: Read, at_most: int | None, chance: Random | None = None
) -> Iterator[Finding]:
    """The signature of every signed file in force holds and names its image; of `at_most`, by chance."""
    rows = [row for table in MADE for row in scope.session.execute(scope.narrowed(_signed(table)))]
    if at_most is not None and len(rows) > at_most:
        rows = (chance or Random()).sample(rows, at_most)
    for done, row in enumerate(rows, start=1):
        if message := _wrong(scope, read, row):
            yield Finding(NAME, row.key, message, REMAKE)
        scope.tick(done, len(rows))


def _wrong(scope: Scope, read: Read, row: Any) -> str:
    """What is wrong with one file; nothing if its objects are missing, which is another rule's to find."""
    try:
        body = scope.objects.get(row.key)
        beside = scope.objects.get(row.manifest_key) if row.manifest_key else None
    except ObjectMissing:
        return ""
    said = read(body, MEDIA_TYPES[row.format], beside)
    if said is None:
        return "carries no credentials, and should"
    if not said.valid:
        return f"has credentials that do not hold: {', '.join(said.problems) or 'for no reason told'}"
    if said.claim is None or said.claim.public_id != row.public_id:
        return "has credentials that name another picture"
    return ""


def _signed(table: Any) -> Select[Any]:
    return (
        select(table.key, table.manifest_key, table.format, ProvenanceRow.public_id)
        .join(CanonicalRow, CanonicalRow.id == table.canonical_id)
        .join(ProvenanceRow, ProvenanceRow.canonical_id == table.canonical_id)
        .where(*in_force(table), table.credentials != UNSIGNED)
        .order_by(table.key)
    )

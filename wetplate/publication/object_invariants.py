"""The invariants of the store: what must hold between rows and the bytes under their keys. Reads only.

Rules over rows and heads are functions of the scope. Rules over a public file's bytes (`FILE_RULES`) are
functions of the file, so that each file is read once for all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.errors import ImageError, ObjectMissing
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.chunks import foreign
from wetplate.provenance import metadata
from wetplate.provenance.tables import CredentialsRow, OriginalRow, ProvenanceRow
from wetplate.publication.findings import Finding, Scope
from wetplate.publication.states import State
from wetplate.publication.tables import PublicationRow
from wetplate.recipes.tables import RecipeRow
from wetplate.retention import restricted
from wetplate.retention.restricted import AREA
from wetplate.retention.tables import RestrictedRow
from wetplate.storage.objects import sha256

APART = "find out who put it there, then delete it there: it must stand in the restricted area only"
RESTORE = "restore the object from a backup"
MADE: dict[Any, str] = {DerivativeRow: "derivative", TransformRow: "transform"}
REMAKE = "take the image down, reinstate it and run the family again: its files are made anew"


@dataclass(frozen=True)
class Kept:
    """An object that a row names: its key, the SHA-256 and size in bytes that the row knows."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True)
class File:
    """A derivative or transform in force, its bytes (None: not there), and what they must never hold."""

    key: str
    sha256: str
    body: bytes | None
    secrets: tuple[str, ...]


def canonical_objects(scope: Scope) -> Iterator[Finding]:
    """Every canonical's object exists, has its size and hashes to the image's id.

    What was moved to the restricted area is a matter of `restricted_objects`.
    """
    query = (
        select(CanonicalRow.key, CanonicalRow.id, CanonicalRow.bytes)
        .where(~restricted.apart(CanonicalRow.key))
        .order_by(CanonicalRow.key)
    )
    kept = [Kept(*row) for row in scope.session.execute(scope.narrowed(query))]
    yield from _objects(scope, kept, "canonical_objects")


def painting_objects(scope: Scope) -> Iterator[Finding]:
    """The painting of every canonical image exists and hashes to what was judged: it is evidence."""
    query = (
        select(PaintingRow.key, CanonicalRow.object_sha256, PaintingRow.bytes)
        .join(CanonicalRow, CanonicalRow.recipe_id == PaintingRow.recipe_id)
        .where(~restricted.apart(PaintingRow.key))
        .order_by(PaintingRow.key)
    )
    kept = [Kept(*row) for row in scope.session.execute(scope.narrowed(query))]
    yield from _objects(scope, kept, "painting_objects")


def restricted_objects(scope: Scope) -> Iterator[Finding]:
    """What was moved out of reach stands whole in the restricted area, and nowhere else; deleted, nowhere."""
    query = select(RestrictedRow).order_by(RestrictedRow.key)
    if scope.family is not None:
        ours = select(RecipeRow.id).where(RecipeRow.family == scope.family)
        query = query.where(RestrictedRow.subject.in_(ours))
    rows = scope.session.scalars(query).all()
    for row in rows:
        gone = (row.key,) if row.moved_to else (row.key, AREA + row.key)
        for key in (key for key in gone if _exists(scope, key)):
            yield Finding("restricted_objects", key, f"still stands there ({row.reason})", APART)
        if row.moved_to and not row.moved_to.startswith(AREA):
            yield Finding("restricted_objects", row.moved_to, "is not in the restricted area", APART)
    kept = [Kept(row.moved_to, row.sha256, row.bytes) for row in rows if row.moved_to]
    yield from _objects(scope, kept, "restricted_objects")


def original_objects(scope: Scope) -> Iterator[Finding]:
    """Every file that was adopted lies there as it came: everything shown of it can be proven from it."""
    query = (
        select(OriginalRow.key, OriginalRow.sha256, OriginalRow.bytes)
        .join(CanonicalRow, CanonicalRow.recipe_id == OriginalRow.recipe_id)
        .where(~restricted.apart(OriginalRow.key))
        .order_by(OriginalRow.key)
    )
    kept = [Kept(*row) for row in scope.session.execute(scope.narrowed(query))]
    yield from _objects(scope, kept, "original_objects")


def manifest_objects(scope: Scope) -> Iterator[Finding]:
    """The side-car manifest of every derivative and transform in force exists, and of every canonical."""
    for table in MADE:
        query = (
            select(table.manifest_key)
            .join(CanonicalRow, CanonicalRow.id == table.canonical_id)
            .where(*in_force(table), table.manifest_key.is_not(None))
        )
        for key in scope.session.scalars(scope.narrowed(query)):
            if key and not _exists(scope, key):
                yield Finding("manifest_objects", key, "is not in the store", REMAKE)
    own = select(CredentialsRow.key).join(CanonicalRow, CanonicalRow.id == CredentialsRow.canonical_id)
    for key in scope.session.scalars(scope.narrowed(own)):
        if not _exists(scope, key):
            yield Finding("manifest_objects", key, "is not in the store", RESTORE)


def withdrawn_unreachable(scope: Scope) -> Iterator[Finding]:
    """Nothing withdrawn is left: no row in force, no object under a key that no row in force needs."""
    message, remedy = "is withdrawn, but still there", "run `wetplate takedown` on the image again"
    for table, noun in MADE.items():
        for canonical_id in scope.session.scalars(scope.narrowed(_in_force_though_withdrawn(table))):
            yield Finding("withdrawn_unreachable", canonical_id, f"a {noun} {message}", remedy)
        gone = scope.session.execute(scope.narrowed(_gone(table)))
        for key in sorted({key for row in gone for key in row if key}):
            if _exists(scope, key):
                yield Finding("withdrawn_unreachable", key, message, remedy)


def derivative_objects(file: File) -> Iterator[Finding]:
    """Every derivative and transform in force exists and hashes to what its row says."""
    if file.body is None:
        yield Finding("derivative_objects", file.key, "is not in the store", REMAKE)
    elif (found := sha256(file.body)) != file.sha256:
        yield Finding(
            "derivative_objects", file.key, f"hashes to {found[:12]}, not {file.sha256[:12]}", REMAKE
        )


def public_marks(file: File) -> Iterator[Finding]:
    """No public file lacks its mark of origin (IPTC DigitalSourceType)."""
    if file.body is not None and metadata.mark(file.body) is None:
        yield Finding("public_marks", file.key, "carries no DigitalSourceType", REMAKE)


def public_texts(file: File) -> Iterator[Finding]:
    """No public file carries a prompt, or any part beyond pixels, mark and credentials."""
    if file.body is None:
        return
    try:
        strange = foreign(file.body)
        leaked = any(metadata.carries(file.body, secret) for secret in file.secrets)
    except ImageError as error:
        yield Finding("public_texts", file.key, f"cannot be read: {error}", REMAKE)
        return
    if strange:
        yield Finding("public_texts", file.key, f"carries {', '.join(strange)}", REMAKE)
    if leaked:
        yield Finding(
            "public_texts", file.key, "carries its prompt", f"take the image down now; then {REMAKE}"
        )


RULES = (
    *(canonical_objects, painting_objects, original_objects, restricted_objects, manifest_objects),
    withdrawn_unreachable,
)
FILE_RULES = (derivative_objects, public_marks, public_texts)


def files(scope: Scope, rules: Sequence[Callable[[File], Iterator[Finding]]]) -> Iterator[Finding]:
    """What these rules find in the derivatives and transforms in force, each read once.

    A quick look asks the store's heads instead.
    """
    rows = [row for table in MADE for row in scope.session.execute(scope.narrowed(_files(table)))]
    if scope.quick and derivative_objects in rules:
        yield from _objects(scope, [Kept(*row[:3]) for row in rows], "derivative_objects")
    for done, (key, digest, _, prompt) in enumerate([] if scope.quick else rows, start=1):
        file = File(key, digest, _body(scope, key), (prompt,) if prompt else ())
        for rule in rules:
            yield from rule(file)
        scope.tick(done, len(rows))


def _objects(scope: Scope, kept: Sequence[Kept], rule: str) -> Iterator[Finding]:
    for done, each in enumerate(kept, start=1):
        found = _found(scope, each.key)
        if found is None:
            yield Finding(rule, each.key, "is not in the store", RESTORE)
        elif found != (each.sha256, each.size):
            told = f"{found[0][:12]} with {found[1]} bytes, not {each.sha256[:12]} with {each.size}"
            yield Finding(rule, each.key, f"holds {told}", RESTORE)
        scope.tick(done, len(kept))


def _found(scope: Scope, key: str) -> tuple[str, int] | None:
    """SHA-256 and size of what stands under a key: of its bytes, or in a quick look as the store tells."""
    if not scope.quick:
        body = _body(scope, key)
        return None if body is None else (sha256(body), len(body))
    try:
        head = scope.objects.head(key)
    except ObjectMissing:
        return None
    return head.sha256, head.size


def _body(scope: Scope, key: str) -> bytes | None:
    try:
        return scope.objects.get(key)
    except ObjectMissing:
        return None


def _exists(scope: Scope, key: str) -> bool:
    try:
        scope.objects.head(key)
    except ObjectMissing:
        return False
    return True


def in_force(table: Any) -> tuple[ColumnElement[bool], ...]:
    """Of derivatives or transforms in force."""
    superseded = (table.superseded_at.is_(None),) if table is TransformRow else ()
    return (table.withdrawn_at.is_(None), *superseded)


def _files(table: Any) -> Select[str, str, int, str]:
    return (
        select(table.key, table.sha256, table.bytes, ProvenanceRow.prompt)
        .join(CanonicalRow, CanonicalRow.id == table.canonical_id)
        .outerjoin(ProvenanceRow, ProvenanceRow.canonical_id == table.canonical_id)
        .where(*in_force(table))
        .order_by(table.key)
    )


def _in_force_though_withdrawn(table: Any) -> Select[str]:
    return (
        select(CanonicalRow.id)
        .join(PublicationRow, PublicationRow.canonical_id == CanonicalRow.id)
        .join(table, table.canonical_id == CanonicalRow.id)
        .where(PublicationRow.state == State.WITHDRAWN, table.withdrawn_at.is_(None))
        .distinct()
    )


def _gone(table: Any) -> Select[str, str | None]:
    stands = aliased(table)
    return (
        select(table.key, table.manifest_key)
        .join(CanonicalRow, CanonicalRow.id == table.canonical_id)
        .outerjoin(stands, and_(stands.key == table.key, stands.withdrawn_at.is_(None)))
        .where(table.withdrawn_at.is_not(None), stands.id.is_(None))
    )

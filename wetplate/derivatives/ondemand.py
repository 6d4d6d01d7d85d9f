"""Files made because somebody asked: the only writer of transform rows.

Here: what stands, keeping a fast file, withdrawing, and bounding the store. Not here: making a file
(`drawing`), the production tier's own steps (`refine`), who may have it (delivery).

Rules:
1. Object first, then row: `transforms/<id[:2]>/<id>/<sha256[:16]>-<width>.<ext>`, named by the bytes.
2. A row is in force while it is neither withdrawn nor superseded; the production file is given before the
   fast one.
3. Keeping waits for whatever else writes about the image, a takedown too (`alone`); the caller holds that
   lock and asks the gate again under it, so that no file is made behind a takedown's back.
4. The row of a fast file and the request for its production file are one transaction: asked for once.
5. Visitors decide what is asked for, so there is an end to it: so many files of one image (KEPT), so many
   requests that wait (WAITING).
6. A takedown's rows stay as record. The sweep, which only makes room, deletes rows and gives the keys of
   their objects, for deletion after the commit; what is left over then is an orphan. So is the row of an
   object that is gone forgotten: what is asked for again is made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.asked import Asked, Finished, Source
from wetplate.derivatives.tables import TransformRow
from wetplate.derivatives.tiers import FAST, PRODUCTION
from wetplate.errors import ImageUnknown
from wetplate.imaging.formats import EXTENSIONS, MEDIA_TYPES
from wetplate.provenance.tables import ProvenanceRow
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.objects import Head, Objects

REQUESTED = "transform.requested"
REFINED = "transform.refined"
UNSIGNED = "none"
#: Files in force of one image: each is read with where the image stands.
KEPT: Final = 500
#: Production files that may be asked for and not made yet.
WAITING: Final = 1_000
#: Rows that one transaction of the sweep deletes.
BATCH: Final = 500


@dataclass(frozen=True)
class Swept:
    """What a sweep forgot: how many bytes, and the objects that no row stands for any more."""

    bytes: int
    keys: list[str]


#: One round trip: how long this transaction waits for locks and may be idle, and its first lock.
LIMITED_LOCK = text(
    "SELECT set_config('lock_timeout', :lock, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true),"
    " pg_advisory_xact_lock(hashtextextended(:what, 0))"
)


def source(session: Session, canonical_id: str) -> Source:
    """What the image is made of. Raises ImageUnknown; also where no provenance says what it is."""
    found = session.execute(_source(), {"image": canonical_id}).one_or_none()
    if found is None:
        raise ImageUnknown(f"no canonical image {canonical_id[:12]} with its provenance")
    return Source(*found)


def find(session: Session, asked: Asked) -> TransformRow | None:
    """The best file in force for what is asked."""
    return session.scalars(_best(), _names(asked)).first()


def wait_alone(session: Session, what: str, milliseconds: int) -> None:
    """Like `alone`, but gives up with Postgres' own refusal (55P03) after so long; later locks too."""
    times = {"lock": f"{milliseconds}ms", "idle": f"{2 * milliseconds}ms"}
    session.execute(LIMITED_LOCK, {"what": what, **times})


def keep(session: Session, objects: Objects, asked: Asked, made: Finished) -> None:
    """Store a fast file and ask for its production file; nothing is kept of an image that has KEPT already.

    While WAITING requests wait, none is added: the file then stays fast until it is made anew.
    The caller holds `alone(session, "derive <id>")` and has asked the gate. Raises StorageFull, StorageError.
    """
    if _has_enough(session, asked.image):
        return
    put = store(objects, asked, made)
    new = add(session, asked, FAST, made, put)
    if new and not outbox.full(session, REQUESTED, WAITING):
        told = {"transform": asked.transform.text, "version": asked.version}
        outbox.append(session, REQUESTED, key=asked.image, family=asked.family, **told)


def store(objects: Objects, asked: Asked, made: Finished) -> Head:
    """Put the bytes under their name."""
    format = asked.transform.format
    return objects.put(key(asked, made), made.body, content_type=MEDIA_TYPES[format])


def key(asked: Asked, made: Finished) -> str:
    """Where a transform stands in the store."""
    return f"transforms/{asked.image[:2]}/{asked.image}/{name(asked, made)}"


def name(asked: Asked, made: Finished) -> str:
    """Under which name it can be asked for."""
    return f"{made.sha256[:16]}-{made.width}.{EXTENSIONS[asked.transform.format]}"


def add(
    session: Session,
    asked: Asked,
    tier: str,
    made: Finished,
    put: Head,
    credentials: str = UNSIGNED,
    manifest_key: str | None = None,
) -> bool:
    """Write the row unless one in force stands in its place; whether it was written."""
    values = {
        "canonical_id": asked.image,
        "version": asked.version,
        "transform": asked.transform.text,
        "tier": tier,
        "width": made.width,
        "height": made.height,
        "format": asked.transform.format,
        "quality": made.quality,
        "score": made.score,
        "scorer": made.scorer,
        "sha256": put.sha256,
        "name": name(asked, made),
        "key": put.key,
        "manifest_key": manifest_key,
        "bytes": put.size,
        "credentials": credentials,
    }
    return session.scalar(_written(), values) is not None


def supersede(session: Session, asked: Asked) -> None:
    """A production file stands: its fast one is out of force, and its object may go when room is needed."""
    fast = update(TransformRow).where(*_of_asked(), TransformRow.tier == FAST)
    session.execute(fast.values(superseded_at=now()), _names(asked))


def withdraw(session: Session, canonical_id: str) -> list[str]:
    """Take every transform of the image out of force; gives the object keys to delete, earlier ones too."""
    of_image = TransformRow.canonical_id == canonical_id
    standing = update(TransformRow).where(of_image, TransformRow.withdrawn_at.is_(None))
    session.execute(standing.values(withdrawn_at=now()))
    return keys(session.scalars(select(TransformRow).where(of_image)))


def keys(rows: Iterable[TransformRow]) -> list[str]:
    """Every object these rows stand for, side-car manifests included."""
    return sorted({key for row in rows for key in (row.key, row.manifest_key) if key})


def forget(session: Session, row: TransformRow) -> None:
    """Delete the row of an object that is gone: what takes its place is kept and asked for anew."""
    session.execute(delete(TransformRow).where(TransformRow.id == row.id))


def sweep(session: Session, keep_bytes: int) -> Swept:
    """Forget up to BATCH rows of what is more than so many bytes; nothing when all of it fits.

    What is superseded goes first, then fast files, then production files; the oldest of each first.
    """
    excess = session.scalars(select(TransformRow).where(TransformRow.id.in_(_beyond(keep_bytes)))).all()
    session.execute(delete(TransformRow).where(TransformRow.id.in_([row.id for row in excess])))
    needed = select(TransformRow.key).where(_stored(), TransformRow.key.in_([row.key for row in excess]))
    kept = set(session.scalars(needed))
    return Swept(sum(row.bytes for row in excess), keys(row for row in excess if row.key not in kept))


def _beyond(keep_bytes: int) -> Select[int]:
    """Ids of rows that no longer fit, counted from the one missed most; the least missed first."""
    worth = case((TransformRow.superseded_at.is_not(None), 2), (TransformRow.tier == FAST, 1), else_=0)
    most_missed = (worth, TransformRow.at.desc(), TransformRow.id.desc())
    so_far = func.sum(TransformRow.bytes).over(order_by=most_missed).label("so_far")
    counted = select(TransformRow.id, so_far).where(_stored()).subquery()
    beyond = select(counted.c.id).where(counted.c.so_far > literal(keep_bytes, BigInteger))
    return beyond.order_by(counted.c.so_far.desc()).limit(BATCH)


def _has_enough(session: Session, image: str) -> bool:
    """Whether as many files of the image are in force as may be."""
    return session.scalar(_nth(), {"image": image, "before": KEPT - 1}) is not None


def _names(asked: Asked) -> dict[str, object]:
    return {"image": asked.image, "of_version": asked.version, "as_text": asked.transform.text}


def _of_asked() -> tuple[ColumnElement[bool], ...]:
    """Of the rows in force for what `_names` names."""
    return (
        *_of_image(),
        TransformRow.version == bindparam("of_version"),
        TransformRow.transform == bindparam("as_text"),
    )


def _of_image() -> tuple[ColumnElement[bool], ...]:
    """Of the rows in force of the image."""
    return (
        TransformRow.canonical_id == bindparam("image"),
        TransformRow.withdrawn_at.is_(None),
        TransformRow.superseded_at.is_(None),
    )


@cache  # building a query costs more than sending it
def _best() -> Select[TransformRow]:
    best = case((TransformRow.tier == PRODUCTION, 0), else_=1)
    return select(TransformRow).where(*_of_asked()).order_by(best).limit(1)


@cache
def _nth() -> Select[int]:
    return select(TransformRow.id).where(*_of_image()).offset(bindparam("before")).limit(1)


@cache
def _written() -> ReturningInsert[int]:
    return insert(TransformRow).on_conflict_do_nothing().returning(TransformRow.id)


@cache
def _source() -> Select[str, int, int, str]:
    columns = (CanonicalRow.key, CanonicalRow.width, CanonicalRow.height, ProvenanceRow.source_type)
    recorded = ProvenanceRow.canonical_id == CanonicalRow.id
    return select(*columns).join(ProvenanceRow, recorded).where(CanonicalRow.id == bindparam("image"))


def _stored() -> ColumnElement[bool]:
    return TransformRow.withdrawn_at.is_(None)

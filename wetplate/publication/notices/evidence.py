"""The evidence of a notice: copies under a legal hold, and a signed index. The only writer of its rows.

Here: what is kept, under which keys, and reading it back. Not here: carrying the decision out (`execute`),
who may read it (the edge logs that).

Rules:
1. Kept before public files are deleted: the painting, the canonical, a file as it was public, and every
   manifest beside a file. Then what is known of each image, the notice without persons, what happened.
2. Keys hold the SHA-256 of what stands under them, so every copy is put once and can be put again; the rows
   come after the objects, when all of them stand: nobody waits for a row while the store does.
3. Persons and free words stay sealed: the bundle holds them as the catalog has them, readable only while the
   subject's key lives; records name words by their reference.
4. The index names every object with its SHA-256 and is signed (DSSE). It is written once, when the takedown
   was first seen to hold everywhere; what happens later stands in the notice's chained events.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.attestation import dsse
from wetplate.attestation.keys import Key
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, TransformRow
from wetplate.errors import Erased, NoticeError, ObjectMissing
from wetplate.generation.tables import PaintingRow
from wetplate.publication.dossier import dossier
from wetplate.publication.notices import catalog, statement
from wetplate.publication.notices.steps import Outcome
from wetplate.publication.notices.tables import EvidenceRow, NoticeRow
from wetplate.retention import restricted
from wetplate.retention.tables import PersonalRow
from wetplate.similarity.tables import BlockRow
from wetplate.storage.objects import Objects, sha256

PAYLOAD: Final = "application/vnd.wetplate.evidence+json"
INDEX, SIGNED = "index", "index.dsse"
MEDIA: Final = {"png": "image/png", "avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg",
                "c2pa": "application/c2pa", "json": "application/json"}  # fmt: skip


def keep_files(session: Session, objects: Objects, notice_id: str) -> int:
    """Copy what the images' bytes and manifests are; gives how many objects are new. Raises StorageError.

    What was redacted since is read from where it stands out of reach. What stands nowhere any more (taken
    down before, deleted when it was due) is left out: its hashes are in the record.
    """
    known = _known(session, notice_id)
    images = catalog.included(session, notice_id)
    wanted = [(what, key) for image in images for what, key in _files(session, image) if what not in known]
    copies = [
        _stored(objects, notice_id, what, body, key.rpartition(".")[2])
        for what, key in wanted
        if (body := _body(session, objects, key)) is not None
    ]
    for copy in copies:
        _kept(session, copy)
    return len(copies)


def seal(session: Session, objects: Objects, key: Key, notice_id: str, seen: dict[str, Any]) -> EvidenceRow:
    """The signed index, made with all records now unless it stands; `seen` is the log of purge and look."""
    known = _known(session, notice_id)
    if SIGNED in known:
        return known[SIGNED]
    records = [(what, _json(record)) for what, record in _records(session, notice_id, seen)]
    made = [_stored(objects, notice_id, what, body, "json") for what, body in records]
    index = _json(_index(notice_id, [*map(_values, known.values()), *made]))
    signed = _json(dsse.envelope(key, PAYLOAD, index))
    made += [_stored(objects, notice_id, *each, "json") for each in ((INDEX, index), (SIGNED, signed))]
    return [_kept(session, each) for each in made][-1]


def bundle(session: Session, objects: Objects, notice_id: str) -> Iterator[tuple[str, bytes]]:
    """Every object of the bundle: file name and bytes. Raises NoticeError when nothing was kept."""
    rows = kept(session, notice_id)
    if not rows:
        raise NoticeError(f"no evidence is kept of notice {notice_id}: it was not executed")
    for row in rows:
        yield _name(row.what, row.key), objects.get(row.key)


def delete(session: Session, objects: Objects, notice_id: str, moment: datetime) -> int:
    """Delete what is kept of the notice; rows stay, with its hashes; gives how many objects that were.

    The caller has asked for holds (`forgetting`).
    """
    rows = kept(session, notice_id)
    for row in rows:
        objects.delete(row.key)
        row.deleted_at = moment
    session.flush()
    return len(rows)


def kept(session: Session, notice_id: str) -> Sequence[EvidenceRow]:
    """What is kept of the notice."""
    query = select(EvidenceRow).where(EvidenceRow.notice == notice_id, EvidenceRow.deleted_at.is_(None))
    return session.scalars(query.order_by(EvidenceRow.what)).all()


def _known(session: Session, notice_id: str) -> dict[str, EvidenceRow]:
    return {row.what: row for row in kept(session, notice_id)}


def _files(session: Session, image: str) -> Iterator[tuple[str, str]]:
    """What is copied of an image, and where it stands."""
    row = session.get_one(CanonicalRow, image)
    painting = session.get(PaintingRow, row.recipe_id)
    if painting is not None:
        yield f"{image}/painting", painting.key
    yield f"{image}/canonical", row.key
    public = _public(session, image)
    if public:
        yield f"{image}/public/{public[0].name}", public[0].key
    for file in public:
        if file.manifest_key:
            yield f"{image}/manifest/{file.name}", file.manifest_key


def _public(session: Session, image: str) -> list[Any]:
    """The files in force, the largest first."""
    found: list[Any] = []
    for table in (DerivativeRow, TransformRow):
        row: Any = table
        found += session.scalars(
            select(row).where(row.canonical_id == image, row.withdrawn_at.is_(None)).order_by(row.id)
        )
    return sorted(found, key=lambda each: (-each.width, -each.bytes))


def _records(session: Session, notice_id: str, seen: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    row = catalog.find(session, notice_id)
    yield "notice", _notice(session, row)
    yield "events", [_values(event) for event in catalog.events(session, row.id)]
    yield "verification", seen
    blocks = select(BlockRow).where(BlockRow.subject == catalog.subject(row.id)).order_by(BlockRow.id)
    yield "blocks", [_values(block) | {"colours": None} for block in session.scalars(blocks)]
    if row.outcome and Outcome(row.outcome).takes_down:
        yield "statement", statement.statements(session, row.id)
    for image in catalog.included(session, row.id):
        yield f"{image}/record", dossier(session, image)


def _notice(session: Session, row: NoticeRow) -> dict[str, Any]:
    """The notice: persons and free words sealed."""
    sealed = session.scalars(
        select(PersonalRow).where(PersonalRow.subject == catalog.subject(row.id)).order_by(PersonalRow.field)
    )
    persons = {each.field: each.sealed.hex() for each in sealed}
    images = [_values(image) for image in catalog.images(session, row.id)]
    return {**_values(row), "receipt": None, "sealed": persons, "images": images}


def _index(notice_id: str, objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    held = [
        {
            "name": _name(each["what"], each["key"]),
            **{name: each[name] for name in ("what", "sha256", "bytes")},
        }
        for each in sorted(objects, key=lambda each: str(each["what"]))
    ]
    return {"notice": notice_id, "sealed_at": datetime.now(UTC), "objects": held}


def _stored(objects: Objects, notice_id: str, what: str, body: bytes, suffix: str) -> dict[str, Any]:
    """Put the object; gives the values of its row."""
    digest = sha256(body)
    key = f"evidence/{notice_id}/{what.removesuffix(f'.{suffix}')}-{digest[:32]}.{suffix}"
    head = objects.put(key, body, content_type=MEDIA.get(suffix, "application/octet-stream"))
    return {"key": head.key, "notice": notice_id, "sha256": digest, "bytes": len(body), "what": what}


def _kept(session: Session, values: dict[str, Any]) -> EvidenceRow:
    session.execute(insert(EvidenceRow).values(values).on_conflict_do_nothing())
    return session.get_one(EvidenceRow, values["key"])


def _name(what: str, key: str) -> str:
    """As a file in a folder: `<image>/painting.png`."""
    suffix = key.rpartition(".")[2]
    return what if what.endswith(f".{suffix}") else f"{what}.{suffix}"


def _body(session: Session, objects: Objects, key: str) -> bytes | None:
    try:
        return restricted.read(session, objects, key)
    except (ObjectMissing, Erased):
        return None


def _values(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in inspect(row).mapper.column_attrs.keys()}  # noqa: SIM118


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, default=_told).encode()


def _told(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)

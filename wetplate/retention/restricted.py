"""The restricted area: objects moved out of reach, read through one door, deleted when they are due.

Here: moving, reading, deleting. Not here: who may read and its log (the edge), what is moved and why.

Rules:
1. What stood under `key` stands under `restricted/<key>`: copied, read back, its row written, and only then
   gone from `key`. Each step can be run again; cut off anywhere, the same call finishes it.
2. Other rows keep naming `key`: the row here says where it went, and stays as tombstone, hash included, when
   the object is deleted.
3. Nothing goes before its `retain_until`, and nothing of a subject under a legal hold. Each object goes on
   its own (`sweeping`), so that one that cannot be deleted keeps no other.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import Erased, ObjectMissing, RetentionError, StorageError
from wetplate.retention import holds
from wetplate.retention.tables import RestrictedRow
from wetplate.storage.objects import Head, Objects, sha256

AREA = "restricted/"
KEPT = RestrictedRow.deleted_at.is_(None)
log = logging.getLogger(__name__)


def move(
    session: Session, objects: Objects, key: str, subject: str, reason: str, retain_until: datetime
) -> str:
    """Move an object out of reach until then; the key it stands under now. Moved before: only finished.

    Raises ObjectMissing when it stands nowhere, Erased when it was moved and deleted since.
    """
    if (row := session.get(RestrictedRow, key)) is None:
        copy = _copied(objects, key)
        columns = {
            "subject": subject, "moved_to": copy.key, "sha256": copy.sha256, "bytes": copy.size,
            "content_type": copy.content_type, "reason": reason, "retain_until": retain_until,
        }  # fmt: skip
        fresh = insert(RestrictedRow).values(key=key, **columns)
        session.execute(fresh.on_conflict_do_nothing(index_elements=["key"]))
        row = session.get_one(RestrictedRow, key, populate_existing=True)
    objects.delete(key)
    return _standing(row)


def read(session: Session, objects: Objects, key: str) -> bytes:
    """The bytes that stood under `key`, wherever they stand. Raises Erased once deleted, ObjectMissing."""
    return found(objects, places(session, key))


def places(session: Session, key: str) -> Sequence[str]:
    """Where the bytes that stood under `key` may stand, for `found` to look. Raises Erased."""
    row = session.get(RestrictedRow, key)
    return (key, AREA + key) if row is None else (_standing(row),)  # both: a move cut off before its row


def found(objects: Objects, places: Sequence[str]) -> bytes:
    """The bytes under the first of these keys that has any. Raises ObjectMissing."""
    for place in places[:-1]:
        with suppress(ObjectMissing):
            return objects.get(place)
    return objects.get(places[-1])


def moved(session: Session, key: str) -> bool:
    """Whether the object under `key` was moved out of reach (or deleted since)."""
    return session.get(RestrictedRow, key) is not None


def apart(key: Any) -> ColumnElement[bool]:
    """Whether the object under a column's key was moved out of reach: a condition for queries."""
    return exists().where(RestrictedRow.key == key)


def due(session: Session, now: datetime) -> list[str]:
    """The keys of what is to be deleted by now; held or not."""
    late = select(RestrictedRow.key).where(KEPT, RestrictedRow.retain_until <= now)
    return list(session.scalars(late.order_by(RestrictedRow.key)))


def delete(session: Session, objects: Objects, key: str, now: datetime) -> bool:
    """Delete what is due unless it is held, which is logged; whether it went now. Raises StorageError."""
    asked = select(RestrictedRow).where(RestrictedRow.key == key, KEPT)
    row = session.scalars(asked.with_for_update(skip_locked=True)).one_or_none()
    return row is not None and row.retain_until <= now and _deleted(session, objects, row, now)


def _deleted(session: Session, objects: Objects, row: RestrictedRow, now: datetime) -> bool:
    try:
        holds.require_free(session, row.subject)
    except RetentionError as refusal:
        log.warning("%s stays: %s", row.key, refusal)
        return False
    for key in (row.key, AREA + row.key):
        objects.delete(key)
    row.deleted_at, row.moved_to = now, None
    session.flush()
    return True


def _copied(objects: Objects, key: str) -> Head:
    """The copy out of reach, put if it is not there yet, and read back. Raises ObjectMissing."""
    with suppress(ObjectMissing):
        head = objects.head(key)
        objects.put(AREA + key, objects.get(key), content_type=head.content_type)
    copy = objects.head(AREA + key)
    if sha256(objects.get(copy.key)) != copy.sha256:
        raise StorageError(f"{copy.key}: the copy is not what was put; nothing was deleted, try again")
    return copy


def _standing(row: RestrictedRow) -> str:
    if row.moved_to is None:
        raise Erased(f"{row.key} was kept out of reach ({row.reason}) and deleted when it was due")
    return row.moved_to

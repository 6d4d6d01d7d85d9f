"""Personal fields: kept apart from every record, sealed per person, erased for good by destroying one key.

Here: sealing, reading, erasing. Not here: any record that names a person (it carries the subject's id, a
pseudonym), who may read (the edge asks for the role and logs it).

Rules:
1. Each subject has a random key; each field is sealed with it (AES-256-GCM), bound to subject and field, so
   that no sealed value can be moved to another place. The key itself is wrapped by the wrapping key.
2. Erasing destroys the key and the sealed fields in one transaction, and is itself recorded. Whatever copy of
   a sealed field is left (a replica, a backup whose key row is gone too) can be read by nobody.
3. Nothing is erased under a legal hold; once erased, a subject's id takes no personal data again.
4. The wrapping key is WETPLATE_PERSONAL_KEY (64 hex digits; several with commas: the first wraps, all
   unwrap), else a file under `var`. It is no part of a database backup: without it nothing can be read.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wetplate.errors import Erased, RetentionError, SettingError
from wetplate.retention import holds
from wetplate.retention.contacts import scrubbed
from wetplate.retention.tables import ErasureRow, PersonalKeyRow, PersonalRow
from wetplate.settings import Reviewing
from wetplate.storage.database import now
from wetplate.storage.secret_file import secret

INSTEAD = "WETPLATE_PERSONAL_KEY"
KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True)
class Wrapping:
    """The keys that wrap subjects' keys: the first wraps, all unwrap."""

    keys: Sequence[bytes] = field(repr=False)


def wrapping(reviewing: Reviewing, var: Path) -> Wrapping:
    """The setting's keys, else the one in `var`, made if missing. Raises SettingError, which quotes none."""
    file = var / "personal.key"
    text = reviewing.personal_key or secret(file, lambda: secrets.token_hex(KEY_BYTES), INSTEAD)
    where = INSTEAD if reviewing.personal_key else file
    try:
        keys = [bytes.fromhex(part.strip()) for part in text.split(",")]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise SettingError(f"{where}: expected 64 hex digits, or several such keys with commas")
    return Wrapping(tuple(keys))


def keep(session: Session, wrapping: Wrapping, subject: str, fields: Mapping[str, str]) -> None:
    """Seal the fields of a subject; a field that is already kept is replaced. Raises Erased."""
    key = _key(session, wrapping, subject)
    for name, value in fields.items():
        sealed = {"sealed": seal(key, _place(subject, name), value.encode()), "at": now()}
        row = insert(PersonalRow).values(subject=subject, field=name, **sealed)
        session.execute(row.on_conflict_do_update(index_elements=["subject", "field"], set_=sealed))


def read(session: Session, wrapping: Wrapping, subject: str) -> dict[str, str]:
    """The subject's fields in the clear; empty if none were ever kept. Raises Erased, RetentionError."""
    found = session.get(PersonalKeyRow, subject, populate_existing=True)
    if found is None:
        return {}
    key = _unwrap(wrapping, found)
    rows = session.execute(
        select(PersonalRow.field, PersonalRow.sealed)
        .where(PersonalRow.subject == subject)
        .order_by(PersonalRow.field)
    )
    return {name: open_sealed((key,), _place(subject, name), sealed).decode() for name, sealed in rows}


def known(session: Session, subject: str) -> bool:
    """Whether anything was ever kept of this subject, erased or not."""
    return session.get(PersonalKeyRow, subject) is not None


def erase(session: Session, subject: str, actor: str, reason: str = "asked by the subject") -> int:
    """Destroy the subject's key and fields; how many fields that were. Doing it twice is no error.

    Raises RetentionError under a legal hold.
    """
    holds.require_free(session, subject)
    found = session.get(PersonalKeyRow, subject, with_for_update=True, populate_existing=True)
    if found is None or found.key is None:
        return 0
    gone = session.scalars(
        delete(PersonalRow).where(PersonalRow.subject == subject).returning(PersonalRow.field)
    ).all()
    found.key, found.erased_at = None, now()
    ErasureRow.append(session, subject, actor=actor, reason=scrubbed(reason), fields=sorted(gone))
    return len(gone)


def seal(key: bytes, place: bytes, plain: bytes) -> bytes:
    """Nonce and AES-256-GCM ciphertext, readable only with the key and for this place."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def open_sealed(keys: Sequence[bytes], place: bytes, sealed: bytes) -> bytes:
    """What was sealed for this place with one of the keys. Raises RetentionError."""
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except InvalidTag:
            continue
    raise RetentionError(f"a personal field cannot be opened: altered, moved, or {INSTEAD} is another key")


def _key(session: Session, wrapping: Wrapping, subject: str) -> bytes:
    """The subject's key, made if there is none; its row stays locked until the transaction ends."""
    wrapped = seal(wrapping.keys[0], _place(subject), secrets.token_bytes(KEY_BYTES))
    fresh = insert(PersonalKeyRow).values(subject=subject, key=wrapped)
    session.execute(fresh.on_conflict_do_nothing(index_elements=["subject"]))
    row = session.get_one(PersonalKeyRow, subject, with_for_update=True, populate_existing=True)
    return _unwrap(wrapping, row)


def _unwrap(wrapping: Wrapping, row: PersonalKeyRow) -> bytes:
    if row.key is None:
        raise Erased(f"{row.subject}: the personal data was erased; nothing brings it back")
    return open_sealed(wrapping.keys, _place(row.subject), row.key)


def _place(*names: str) -> bytes:
    """Where a sealed value belongs: each name with its length, so that no two places read alike."""
    return b"wetplate-personal-1" + b"".join(
        b"%d:%b," % (len(name.encode()), name.encode()) for name in names
    )

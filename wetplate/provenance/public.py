"""The public record: the little that anybody may know of where an image comes from, signed.

Here: what it says, its one form, its addresses. Not here: HTTP (delivery), the keys (attestation), the whole
record (`catalog`, `export`).

Rules:
1. What it says is listed here word by word; nothing is copied from the private record by its column names. No
   prompt, no seed, no person, no path, no moment: days only.
2. It answers for what was ever public and is not hidden: of an image taken down it says so, for ever; of a
   draft or a hidden one there is nothing.
3. The same state gives the same record, byte for byte, before it is signed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.attestation import jws
from wetplate.attestation.keys import Key
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import ImageUnknown
from wetplate.provenance import catalog, disclosure
from wetplate.provenance.metadata import source_type_uri
from wetplate.provenance.tables import CredentialsRow, OriginalRow, ProvenanceRow

FORM: Final = 1
TYPE: Final = "wetplate-provenance+jws"
ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
KEYS_ADDRESS: Final = "/.well-known/jwks.json"


@dataclass(frozen=True)
class Stated:
    """What is asked of the publication, which is downstream of here."""

    status: str
    since: datetime | None


def address(public_id: str, *, token: bool = False) -> str:
    """Where a record is served: as JSON, or as the bare token."""
    return f"/provenance/{public_id}{'.jws' if token else ''}"


def find(session: Session, public_id: str) -> CanonicalRow:
    """The image with this public id. Raises ImageUnknown."""
    query = select(CanonicalRow).join(ProvenanceRow, ProvenanceRow.canonical_id == CanonicalRow.id)
    image = session.scalars(query.where(ProvenanceRow.public_id == public_id)).one_or_none()
    if image is None:
        raise ImageUnknown(f"no record has the id {public_id[:32]!r}; manifests and credentials name ids")
    return image


def record(session: Session, image: CanonicalRow, stated: Stated) -> dict[str, Any]:
    """What is said in public of the image. Raises ProvenanceError when nothing is recorded."""
    row, said = catalog.recorded(session, image.id), disclosure.of(session, image.id)
    signed = session.get(CredentialsRow, image.id)
    return {
        "record": FORM,
        "id": row.public_id,
        "image": image.id,
        "status": stated.status,
        "published": day(stated.since),
        "made": day(row.painted_at),
        "recorded": day(row.at),
        "digital_source_type": source_type_uri(row.source_type),
        "model": _model(row, image.family),
        "licence": {"expression": row.licence, "commercial_use": row.commercial_use},
        "human_reviewed": catalog.approved_by_person(session, image.id),
        "adopted": session.get(OriginalRow, image.recipe_id) is not None,
        "redacted": row.derived_from is not None,
        "ai_disclosure": {"need": said.need, "text": said.text},
        "signed": day(signed.at) if signed else None,
        "timestamp_authority": signed is not None and signed.timestamp is not None,
        "commitment": catalog.claim(session, image.id).commitment,
    }


def token(key: Key, record: dict[str, Any]) -> str:
    """The record as a compact JWS (ES256). Raises AttestationError."""
    return jws.sign(key, record, TYPE)


def day(moment: datetime | None) -> str | None:
    """A moment's day in UTC: the hour might tell who was at work."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d}"


def _model(row: ProvenanceRow, family: str) -> dict[str, str] | None:
    """Which model: by its public name; one of our own by its family's, never by its path."""
    if row.model_id is None or row.model_revision is None:
        return None
    own = row.model_revision.startswith("sha256:")
    return {"name": family if own else row.model_id, "licence": row.licence}

"""Signed heads: the root over everything so far, said by our key, kept where the database cannot reach.

Here: what a head says, its object, reading it back. Not here: computing the root (`merkle`), when to sign
(`sealing`).

Rules:
1. A head is a JWS of kind TYP with size, root, time, and the size and root of the head before it.
2. Its object is put create-only under the padded size: of one size there is one head, and nobody replaces it.
3. Signatures differ each time, roots do not: a head that stands there already, and says the same, is taken.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from wetplate.attestation import jws
from wetplate.attestation.keys import Key
from wetplate.errors import AttestationError, AuditBroken, ObjectConflict
from wetplate.storage.objects import Objects

TYP: Final = "wetplate-audit-head+jws"
AREA: Final = "audit/heads/"
CONTENT_TYPE: Final = "application/jose"


@dataclass(frozen=True)
class Head:
    """What a signed head says."""

    size: int
    root: str
    at: datetime
    previous_size: int
    previous_root: str


def key_of(size: int) -> str:
    """The object key of the head over so many leaves; keys sort as sizes do."""
    return f"{AREA}{size:012}.jws"


def signed(key: Key, head: Head) -> str:
    """The head as a JWS."""
    said = {
        "size": head.size, "root": head.root, "at": head.at.astimezone(UTC).isoformat(),
        "previous": {"size": head.previous_size, "root": head.previous_root},
    }  # fmt: skip
    return jws.sign(key, said, TYP)


def opened(keys: Sequence[Key], token: str) -> Head:
    """What one of our keys said. Raises AttestationError."""
    said: dict[str, Any] = jws.verify(keys, token, typ=TYP)
    try:
        previous = said["previous"]
        return Head(
            int(said["size"]), str(said["root"]), datetime.fromisoformat(said["at"]),
            int(previous["size"]), str(previous["root"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise AttestationError("this is no head of an audit trail: size, root, at, previous") from error


def put(objects: Objects, key: Key, head: Head) -> str:
    """Sign the head and put it; the JWS that stands there now. Raises AuditBroken when it says otherwise."""
    where, token = key_of(head.size), signed(key, head)
    with suppress(ObjectConflict):
        objects.put(where, token.encode(), content_type=CONTENT_TYPE)
        return token
    token = objects.get(where).decode(errors="replace")
    with suppress(AttestationError):
        found = opened([key], token)
        if (found.size, found.root) == (head.size, head.root):
            return token
    raise AuditBroken(f"{where}: another head stands there; run `wetplate audit verify`, keep that object")

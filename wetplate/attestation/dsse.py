"""Signed documents as DSSE envelopes (secure-systems-lab/dsse 1.0), the form in-toto statements travel in.

Here: the envelope. Not here: what is in it. The signature is over the pre-authentication encoding, which
binds the kind of the document to its bytes; it is ECDSA P-256 with SHA-256 in DER, as in-toto's tools expect.
`keyid` is a hint and nothing is decided by it.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from wetplate.attestation.keys import Key
from wetplate.errors import AttestationError

IN_TOTO: Final = "application/vnd.in-toto+json"


def envelope(key: Key, payload_type: str, body: bytes) -> dict[str, Any]:
    """The document with our signature. Raises AttestationError for a public key."""
    signature = key.private.sign(pae(payload_type, body), ec.ECDSA(SHA256()))
    return {
        "payloadType": payload_type,
        "payload": b64encode(body).decode(),
        "signatures": [{"keyid": key.id, "sig": b64encode(signature).decode()}],
    }


def opened(keys: Sequence[Key], envelope: Mapping[str, Any], *, payload_type: str | None = None) -> bytes:
    """The document, if one of the keys signed it; of the kind `payload_type`, if one is asked for.

    Raises AttestationError.
    """
    try:
        kind, body = str(envelope["payloadType"]), b64decode(envelope["payload"], validate=True)
        signatures = [b64decode(entry["sig"], validate=True) for entry in envelope["signatures"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AttestationError("this is no DSSE envelope: payloadType, payload, signatures") from error
    if payload_type is not None and kind != payload_type:
        raise AttestationError(f"this is a document of kind {kind!r}, not {payload_type!r}")
    signed = pae(kind, body)
    if not any(_holds(key, signature, signed) for signature in signatures for key in keys):
        raise AttestationError("no signature of a key we know holds: this is not what was signed")
    return body


def pae(payload_type: str, body: bytes) -> bytes:
    """The pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def _holds(key: Key, signature: bytes, signed: bytes) -> bool:
    try:
        key.public.verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True

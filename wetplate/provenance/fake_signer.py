"""The Signer that ships for tests and dry runs: credentials without a certificate, worth nothing outside.

It keeps the port's contract (a changed byte is found, the claim comes back) by a digest in a trailing `free`
box, which every decoder we use skips. Its credentials are never trusted; publication refuses what a dry run
made.
"""

import hashlib
import json
import struct
from dataclasses import asdict

from wetplate.errors import ProvenanceError
from wetplate.provenance.claim import Claim, manifest
from wetplate.provenance.signing import MEDIA_TYPES, Credentials, Signed

BOX = b"freewetplate-unsigned\n"


class FakeSigner:
    """Marks files with a claim and a digest instead of signing them; deterministic."""

    def sign(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        note = self.sidecar(body, media_type, claim).manifest
        return Signed(body + struct.pack(">I", 4 + len(BOX) + len(note)) + BOX + note, note)

    def sidecar(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        if media_type not in MEDIA_TYPES:
            raise ProvenanceError(f"{media_type} cannot be signed; encode as one of {', '.join(MEDIA_TYPES)}")
        manifest(claim)
        note = {"sha256": hashlib.sha256(body).hexdigest(), "claim": asdict(claim)}
        return Signed(body, json.dumps(note, sort_keys=True).encode())

    def read(self, body: bytes, media_type: str, manifest: bytes | None = None) -> Credentials | None:
        note = manifest
        if note is None:
            picture, found, note = body.rpartition(BOX)
            if not found:
                return None
            body = picture[:-4]
        return _judged(body, note)


def _judged(body: bytes, note: bytes) -> Credentials:
    try:
        said = json.loads(note)
        claim = Claim(**said["claim"] | {"actions": tuple(said["claim"]["actions"])})
    except (ValueError, KeyError, TypeError):
        return Credentials(False, False, None, "", ("note.malformed",))
    valid = said.get("sha256") == hashlib.sha256(body).hexdigest()
    return Credentials(valid, False, claim, "nobody", () if valid else ("digest.mismatch",))

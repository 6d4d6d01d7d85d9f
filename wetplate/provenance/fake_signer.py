"""The Signer that ships for tests and dry runs: credentials without a certificate, worth nothing outside.

It keeps the port's contract (a changed byte is found, the claim comes back, decoders skip it) with a digest
where C2PA has its manifest. Its credentials are never trusted, and publication refuses what a dry run made.
"""

import hashlib
import json
import re
import struct
import zlib
from dataclasses import asdict, replace

from wetplate.errors import ProvenanceError
from wetplate.provenance.claim import Claim, Parent, manifest
from wetplate.provenance.signing import MEDIA_TYPES, Credentials, Signed

_NOTE = re.compile(rb"wetplate-fake\n(\{[^\n]*\})\n")


class FakeSigner:
    """Marks files with a claim and a digest instead of signing them; deterministic."""

    timestamp: str | None = None

    def sign(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        note = self.sidecar(body, media_type, claim, parent).manifest
        at = {"image/png": len(body) - 12, "image/jpeg": 2}.get(media_type, len(body))
        return Signed(_sized(body[:at] + _part(media_type, note) + body[at:], media_type), note)

    def sidecar(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        if media_type not in MEDIA_TYPES:
            raise ProvenanceError(f"{media_type} cannot be signed; encode as one of {', '.join(MEDIA_TYPES)}")
        manifest(claim, parent)
        note: dict[str, object] = {"sha256": hashlib.sha256(body).hexdigest(), "claim": asdict(claim)}
        if parent is not None:
            note["manifests"] = 1 + int(parent.label or 0)
        return Signed(body, b"wetplate-fake\n" + json.dumps(note, sort_keys=True).encode() + b"\n")

    def parent(self, body: bytes, media_type: str, named: Parent, manifest: bytes | None = None) -> Parent:
        found = self.read(body, media_type, manifest)
        if found is None:
            return named
        note = manifest if manifest is not None else (_NOTE.search(body) or [b""])[0]
        return replace(named, manifest=note, label=str(found.manifests), results="{}")

    def read(self, body: bytes, media_type: str, manifest: bytes | None = None) -> Credentials | None:
        if manifest is not None:
            return _judged(body, manifest)
        found = _NOTE.search(body)
        if found is None:
            return None
        return _judged(
            _sized(body.replace(_part(media_type, found.group()), b"", 1), media_type), found.group()
        )


def _part(media_type: str, note: bytes) -> bytes:
    """The note as the part of the container that C2PA would use (AVIF: a `free` box)."""
    if media_type == "image/png":
        chunk = b"caBX" + note
        return struct.pack(">I", len(note)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    if media_type == "image/jpeg":
        return b"\xff\xeb" + struct.pack(">H", 4 + len(note)) + b"JP" + note
    if media_type == "image/webp":
        return b"C2PA" + struct.pack("<I", len(note)) + note + b"\0" * (len(note) % 2)
    return struct.pack(">I", 8 + len(note)) + b"free" + note


def _sized(body: bytes, media_type: str) -> bytes:
    """The file with the length that a WebP's header announces set right."""
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:] if media_type == "image/webp" else body


def _judged(body: bytes, note: bytes) -> Credentials:
    found = _NOTE.fullmatch(note)
    try:
        said = json.loads(found.group(1) if found else b"")
        claim = Claim(**said["claim"] | {"actions": tuple(said["claim"]["actions"])})
    except (ValueError, KeyError, TypeError):
        return Credentials(False, False, None, "", ("note.malformed",))
    valid = said.get("sha256") == hashlib.sha256(body).hexdigest()
    problems = () if valid else ("digest.mismatch",)
    return Credentials(
        valid, False, claim, "nobody", problems, claim.source_type, "Wetplate", said.get("manifests", 1)
    )

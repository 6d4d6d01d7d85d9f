"""The Signer port: content credentials put on a file, and read back.

Here: the protocol and its values. Not here: any signer (`c2pa_signer`, and for tests `fake_signer`), what is
claimed (`claim`).

Rules every signer keeps (the contract kit in tests/contracts proves them):
1. The pixels stay as they are; the claim comes back out of the signed file as it went in.
2. One changed byte of the picture is found: the credentials read as invalid.
3. The side-car mode leaves the body untouched, byte for byte.
4. Signing is not deterministic: sign once, then hash, then record.
5. A file with a parent carries the parent's credentials along, whole; they are judged with its own.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

from wetplate.provenance.claim import Claim, Parent
from wetplate.settings import Settings

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/avif")


@dataclass(frozen=True)
class Signed:
    """A signed file: the bytes that leave, and the manifest (embedded in them, or to be kept beside them)."""

    body: bytes
    manifest: bytes


@dataclass(frozen=True)
class Credentials:
    """What a file's credentials say.

    `valid`: the signature holds for these very bytes. `trusted`: it chains to a certificate we were told to
    trust. `problems` are the validator's codes. `source_type` is the IPTC word that the newest of the chain's
    `manifests` credentials names, ours or not; "" when none does. `claim` is None in somebody else's file;
    `generator` is the software that signed. `timestamped`: an authority vouches for when (RFC 3161).
    """

    valid: bool
    trusted: bool
    claim: Claim | None
    issuer: str
    problems: tuple[str, ...] = ()
    source_type: str = ""
    generator: str = ""
    manifests: int = 1
    timestamped: bool = False


class Signer(Protocol):
    """Signs PNG, JPEG, WebP and AVIF files; `timestamp` is the authority asked for the time, if any."""

    timestamp: str | None

    def sign(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        """The file with its credentials embedded. Raises ProvenanceError."""

    def sidecar(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        """The file as it is, and the manifest to store beside it. Raises ProvenanceError."""

    def parent(self, body: bytes, media_type: str, named: Parent, manifest: bytes | None = None) -> Parent:
        """The parent `named`, with the credentials that its file carries or that stand beside it.

        Raises ProvenanceError for credentials that cannot be read.
        """

    def read(self, body: bytes, media_type: str, manifest: bytes | None = None) -> Credentials | None:
        """What the credentials say; None when the file carries none. `manifest`: the side-car, if any."""


def open_signer(settings: Settings) -> Signer:
    """The signer the environment asks for.

    With WETPLATE_C2PA_CERTIFICATE and WETPLATE_C2PA_KEY: that chain. With neither: the test chain in
    var/certs, made now if there is none, with a warning that it is on no trust list. Raises ProvenanceError
    when only one is set, or when the chain cannot sign.
    """
    from wetplate.provenance import c2pa_signer, certificates

    chain, made = certificates.configured(settings)
    if made:
        logging.getLogger(__name__).warning(certificates.NOTICE)
    return c2pa_signer.C2paSigner(chain, settings.c2pa_timestamp)

"""The Signer port: content credentials put on a file, and read back.

Here: the protocol and its values. Not here: any signer (`c2pa_signer`, and for tests `fake_signer`), what is
claimed (`claim`).

Rules every signer keeps (the contract kit in tests/contracts proves them):
1. The pixels stay as they are; the claim comes back out of the signed file as it went in.
2. One changed byte of the picture is found: the credentials read as invalid.
3. The side-car mode leaves the body untouched, byte for byte.
4. Signing is not deterministic: sign once, then hash, then record.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

from wetplate.provenance.claim import Claim
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
    trust. `problems` are the validator's codes. `source_type` is the IPTC word of whoever made the claim, ours
    or not; "" when it names none.
    """

    valid: bool
    trusted: bool
    claim: Claim | None
    issuer: str
    problems: tuple[str, ...] = ()
    source_type: str = ""


class Signer(Protocol):
    """Signs PNG, JPEG, WebP and AVIF files."""

    def sign(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        """The file with its credentials embedded. Raises ProvenanceError."""

    def sidecar(self, body: bytes, media_type: str, claim: Claim) -> Signed:
        """The file as it is, and the manifest to store beside it. Raises ProvenanceError."""

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
    return c2pa_signer.C2paSigner(chain)

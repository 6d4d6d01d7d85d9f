"""The key with which we vouch: P-256, its name the RFC 7638 thumbprint of its public half.

Here: reading, making and naming keys. Not here: what is signed (`jws`, `dsse`), the chain that signs C2PA
manifests (`provenance.certificates`).

Rules:
1. One key signs; every key we ever signed with verifies. To rotate: put the old key's public half (PEM) into
   the folder of retired keys, then give the new one. Nothing that was signed is signed again.
2. The key is WETPLATE_ATTESTATION_KEY (a PEM file), else a file under `var`, made on first use, readable by
   its owner only. No message and no `repr` quotes a private key.
"""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from joserfc.jwk import ECKey

from wetplate.errors import AttestationError, SettingError
from wetplate.settings import Reviewing
from wetplate.storage.secret_file import secret

INSTEAD = "WETPLATE_ATTESTATION_KEY"


@dataclass(frozen=True)
class Key:
    """A P-256 key; one without a private half only verifies. `id` is the thumbprint of the public half."""

    id: str
    jwk: ECKey = field(repr=False, compare=False)

    @property
    def signs(self) -> bool:
        return bool(self.jwk.is_private)

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.jwk.public_key

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """Raises AttestationError when there is only the public half."""
        if (private := self.jwk.private_key) is None:
            raise AttestationError(f"key {self.id} has no private half here: it verifies and does not sign")
        return private

    def verifier(self) -> "Key":
        """The same key without its private half."""
        return _key(self.public)


def fresh() -> Key:
    """A new random key."""
    return _key(ec.generate_private_key(ec.SECP256R1()))


def from_pem(pem: bytes, where: object = "the key") -> Key:
    """A key from PEM, private or public. Raises SettingError for anything but P-256."""
    try:
        load = load_pem_public_key if b"PUBLIC KEY" in pem else _private
        found = load(pem)
    except (ValueError, TypeError) as error:
        raise SettingError(f"{where} is no unencrypted PEM key; expected P-256 (prime256v1)") from error
    if not isinstance(found, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        raise SettingError(f"{where} is no elliptic-curve key; expected P-256 (prime256v1)")
    if not isinstance(found.curve, ec.SECP256R1):
        raise SettingError(f"{where} is on curve {found.curve.name}; expected P-256 (prime256v1)")
    return _key(found)


def configured(reviewing: Reviewing, var: Path) -> Key:
    """The key that signs: the setting's, else the one in `var`, made if missing. Raises SettingError."""
    if reviewing.attestation_key is not None:
        return _file(reviewing.attestation_key, INSTEAD)
    file = var / "attestation.pem"
    return from_pem(secret(file, _pem, INSTEAD).encode(), file)


def trusted(reviewing: Reviewing, var: Path) -> tuple[Key, ...]:
    """Every key that verifies, without private halves: the one that signs first, then the retired ones.

    Retired are the PEM files in WETPLATE_ATTESTATION_RETIRED, else in `attestation-retired` under `var`.
    Raises SettingError.
    """
    folder = reviewing.attestation_retired or var / "attestation-retired"
    retired = [_file(file, "WETPLATE_ATTESTATION_RETIRED") for file in sorted(folder.glob("*.pem"))]
    found = {key.id: key.verifier() for key in (configured(reviewing, var), *retired)}
    return tuple(found.values())


def _file(file: Path, setting: str) -> Key:
    try:
        return from_pem(file.read_bytes(), file)
    except OSError as error:
        raise SettingError(f"{setting}: {file}: {error.strerror}") from error


def _private(pem: bytes) -> object:
    return load_pem_private_key(pem, password=None)


def _pem() -> str:
    return fresh().jwk.as_pem(private=True).decode().strip()


def _key(found: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> Key:
    jwk = ECKey.import_key(found)
    return Key(jwk.thumbprint(), jwk)

"""The signing chain: a test authority made on the fly, or the certificate and key that production brings.

Here: making, reading and checking PEM files. Not here: signing (`c2pa_signer`), the settings that name the
files.

Rules:
1. A test chain is on no trust list; whoever makes one is told so.
2. Keys are files only their owner can read; a chain is made whole or not at all, and never made anew over
   another.
3. A certificate is checked before use: its key fits, it is within its time, it is not self-signed.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wetplate.errors import ProvenanceError
from wetplate.settings import Settings

CERTIFICATE, KEY, AUTHORITY = "chain.pem", "key.pem", "authority.pem"
NOTICE = (
    "This chain was made here for tests and demos. It is on no trust list: viewers will call the credentials "
    "valid, but not trusted. For production set WETPLATE_C2PA_CERTIFICATE and WETPLATE_C2PA_KEY."
)
_ALGORITHMS = {"secp256r1": b"es256", "secp384r1": b"es384", "secp521r1": b"es512"}


@dataclass(frozen=True)
class Chain:
    """A signing chain as PEM bytes, leaf first; its key; the authority we trust when reading, if ours."""

    certificate: bytes
    key: bytes
    authority: bytes | None
    algorithm: bytes

    def __repr__(self) -> str:
        return f"Chain({self.algorithm.decode()})"


#: Signs nothing and trusts nobody.
NOBODY = Chain(b"", b"", None, b"es256")


def load(certificate: Path, key: Path, authority: Path | None = None) -> Chain:
    """A chain from PEM files. Raises ProvenanceError that names the file and what is wrong with it."""
    return checked(_read(certificate), _read(key), _read(authority) if authority else None)


def checked(certificate: bytes, key: bytes, authority: bytes | None = None) -> Chain:
    """A chain from PEM bytes, if it can sign today. Raises ProvenanceError."""
    try:
        leaf = x509.load_pem_x509_certificates(certificate)[0]
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise ProvenanceError(
            f"signing certificate or key is no PEM we can read ({error}); expected a certificate chain, "
            "leaf first, and an unencrypted PKCS#8 key"
        ) from error
    if _public(private.public_key()) != _public(leaf.public_key()):
        raise ProvenanceError(
            "the signing key does not belong to the first certificate of the chain; check the files"
        )
    if leaf.issuer == leaf.subject:
        raise ProvenanceError(
            "the signing certificate is self-signed, which C2PA refuses; use one an authority issued"
        )
    if not leaf.not_valid_before_utc <= datetime.now(UTC) <= leaf.not_valid_after_utc:
        raise ProvenanceError(
            f"the signing certificate is valid from {leaf.not_valid_before_utc} to "
            f"{leaf.not_valid_after_utc}, not today; renew it, or remove the test chain's folder to have a "
            "new one made"
        )
    return Chain(certificate, key, authority, _algorithm(private))


def configured(settings: Settings) -> tuple[Chain, bool]:
    """The chain the environment names, else the test chain in var/certs; and whether it was made now.

    Raises ProvenanceError when only one of certificate and key is set, or the chain cannot sign.
    """
    certificate, key = settings.c2pa_certificate, settings.c2pa_key
    if certificate and key:
        return load(certificate, key), False
    if certificate or key:
        raise ProvenanceError(
            "set both WETPLATE_C2PA_CERTIFICATE and WETPLATE_C2PA_KEY, or neither (test chain)"
        )
    return made_chain(settings.var / "certs")


def made_chain(folder: Path) -> tuple[Chain, bool]:
    """The test chain of a folder, made now if there is none; and whether it was made now.

    Raises ProvenanceError.
    """
    made = False
    if not (folder / CERTIFICATE).exists():
        made = _make(folder)
    return load(folder / CERTIFICATE, folder / KEY, folder / AUTHORITY), made


def _make(folder: Path) -> bool:
    """Write a new chain beside the folder and move it into place; whoever comes second keeps the first's."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        for name, body in _issue().items():
            descriptor = os.open(fresh / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                os.fsync(file.fileno())
        fresh.rename(folder)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if (folder / CERTIFICATE).exists():
            return False
        raise ProvenanceError(
            f"{folder}: cannot keep a signing chain here ({error}); name an empty folder"
        ) from error
    return True


def _issue() -> dict[str, bytes]:
    root, signer = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        _begin("Wetplate test authority", "Wetplate test authority", root, 3650)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(root, SHA256())
    )
    leaf = (
        _begin("Wetplate test signer", "Wetplate test authority", signer, 3649)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, SHA256())
    )
    pem = Encoding.PEM
    return {
        KEY: signer.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()),
        AUTHORITY: authority.public_bytes(pem),
        CERTIFICATE: leaf.public_bytes(pem) + authority.public_bytes(pem),
    }


def _begin(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Wetplate test, on no trust list"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _algorithm(key: Any) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _ALGORITHMS:
        return _ALGORITHMS[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    raise ProvenanceError("the signing key must be ECDSA on P-256, P-384 or P-521, or Ed25519")


def _public(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ProvenanceError(f"{file}: cannot be read ({error.strerror}); name a PEM file") from error

"""One key signs, every key we ever signed with verifies, and no message shows a private one."""

import hashlib
import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from wetplate.attestation.keys import Key, configured, fresh, from_pem, trusted
from wetplate.errors import AttestationError, SettingError
from wetplate.settings import reviewing


def pem(key: Key, *, private: bool = True) -> bytes:
    return bytes(key.jwk.as_pem(private=private))


def test_the_name_is_the_thumbprint_of_rfc_7638() -> None:
    key = fresh()
    public = key.jwk.as_dict(private=False)
    told = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    digest = hashlib.sha256(told.encode()).digest()
    assert key.id == urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert from_pem(pem(key, private=False)).id == key.id == key.verifier().id


def test_the_key_is_made_once_and_kept_close(tmp_path: Path) -> None:
    key = configured(reviewing(), tmp_path)
    assert configured(reviewing(), tmp_path) == key
    assert key.signs
    assert (tmp_path / "attestation.pem").stat().st_mode & 0o077 == 0
    assert repr(key) == f"Key(id='{key.id}')"


def test_the_configured_key_signs_and_retired_ones_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, old = fresh(), fresh()
    file, folder = tmp_path / "mine.pem", tmp_path / "old"
    file.write_bytes(pem(mine))
    folder.mkdir()
    (folder / "2025.pem").write_bytes(pem(old))
    monkeypatch.setenv("WETPLATE_ATTESTATION_KEY", str(file))
    monkeypatch.setenv("WETPLATE_ATTESTATION_RETIRED", str(folder))
    found = trusted(reviewing(), tmp_path)
    assert [key.id for key in found] == [mine.id, old.id]
    assert not any(key.signs for key in found)
    with pytest.raises(AttestationError, match="no private half"):
        _ = found[0].private


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "on curve secp384r1"),
        (ed25519.Ed25519PrivateKey.generate(), "no elliptic-curve key"),
    ],
)
def test_other_keys_are_refused(key: ec.EllipticCurvePrivateKey, said: str) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(SettingError, match=said):
        from_pem(text)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----", b"BEGIN PUBLIC KEY"])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    with pytest.raises(SettingError, match="no unencrypted PEM key"):
        from_pem(text)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETPLATE_ATTESTATION_KEY", str(tmp_path / "none.pem"))
    with pytest.raises(SettingError, match=r"WETPLATE_ATTESTATION_KEY: .*none.pem"):
        configured(reviewing(), tmp_path)

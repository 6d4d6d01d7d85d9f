"""The signing chain: made once, kept private, checked before use."""

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from wetplate.errors import ProvenanceError
from wetplate.provenance import certificates
from wetplate.provenance.certificates import AUTHORITY, CERTIFICATE, KEY, NOTICE, checked, load, made_chain
from wetplate.provenance.signing import open_signer
from wetplate.settings import settings


def test_a_chain_is_made_once_and_stays(tmp_path: Path) -> None:
    first, made = made_chain(tmp_path / "certs")
    again, made_again = made_chain(tmp_path / "certs")
    assert (made, made_again) == (True, False)
    assert first == again
    assert first.algorithm == b"es256"
    assert "PRIVATE" not in repr(first)


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    made_chain(tmp_path / "certs")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "certs").iterdir()}
    assert modes == {0o600}
    assert [entry.name for entry in tmp_path.iterdir()] == ["certs"]


def test_racing_makers_end_with_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        chains = list(pool.map(lambda _: made_chain(tmp_path / "certs")[0], range(8)))
    assert len({chain.key for chain in chains}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["certs"]


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProvenanceError, match="name an empty folder"):
        made_chain(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_the_leaf_is_no_authority_and_signs_only(tmp_path: Path) -> None:
    chain, _ = made_chain(tmp_path / "certs")
    leaf, root = x509.load_pem_x509_certificates(chain.certificate)
    leaf.verify_directly_issued_by(root)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature is True


def test_bad_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    chain, _ = made_chain(folder)
    other, _ = made_chain(tmp_path / "other")
    authority = (folder / AUTHORITY).read_bytes()
    with pytest.raises(ProvenanceError, match=r"missing\.pem: cannot be read"):
        load(tmp_path / "missing.pem", folder / KEY)
    for certificate, key, says in [
        (b"nonsense", chain.key, "no PEM"),
        (chain.certificate, b"nonsense", "no PEM"),
        (chain.certificate, other.key, "does not belong"),
        (authority, chain.key, "does not belong"),
    ]:
        with pytest.raises(ProvenanceError, match=says):
            checked(certificate, key)


def test_an_expired_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_chain(tmp_path / "certs")
    late = certificates.datetime.now(certificates.UTC) + certificates.timedelta(days=4000)

    class Later(certificates.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return late

    monkeypatch.setattr(certificates, "datetime", Later)
    with pytest.raises(ProvenanceError, match="not today; renew it"):
        made_chain(tmp_path / "certs")


def test_the_environment_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        open_signer(settings())
        open_signer(settings())
    assert [record.message for record in caplog.records] == [NOTICE]
    made_chain(tmp_path / "own")
    monkeypatch.setenv("WETPLATE_C2PA_CERTIFICATE", str(tmp_path / "own" / CERTIFICATE))
    with pytest.raises(ProvenanceError, match="both"):
        open_signer(settings())
    monkeypatch.setenv("WETPLATE_C2PA_KEY", str(tmp_path / "own" / KEY))
    caplog.clear()
    open_signer(settings())
    assert caplog.records == []

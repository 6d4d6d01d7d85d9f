"""Model hashes as infotexts name them, each against its definition."""

import hashlib
from pathlib import Path

import pytest

from wetplate.errors import ModelError
from wetplate.recipes.infotext.hashes import adapter_hash, legacy_hash, model_hash


@pytest.fixture
def file(tmp_path: Path) -> Path:
    body = bytes(range(256)) * 8192
    (tmp_path / "model.safetensors").write_bytes(body)
    return tmp_path / "model.safetensors"


def test_the_old_hash_sees_64_kib_at_1_mib_only(file: Path) -> None:
    body = bytearray(file.read_bytes())
    assert legacy_hash(file) == hashlib.sha256(body[1 << 20 : (1 << 20) + (1 << 16)]).hexdigest()[:8]
    before = legacy_hash(file)
    body[0], body[-1] = 77, 77
    file.write_bytes(body)
    assert legacy_hash(file) == before
    body[1 << 20] ^= 1
    file.write_bytes(body)
    assert legacy_hash(file) != before


def test_the_old_hash_of_a_small_file_is_that_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x")
    assert legacy_hash(tmp_path / "small") == "e3b0c442"


def test_the_new_hash_is_the_start_of_the_files_own(file: Path) -> None:
    assert model_hash(file) == hashlib.sha256(file.read_bytes()).hexdigest()[:10]


def test_an_adapters_hash_leaves_its_header_out(tmp_path: Path) -> None:
    for name, header in (("a", b"{}"), ("b", b'{"note": "other words"}')):
        (tmp_path / name).write_bytes(len(header).to_bytes(8, "little") + header + b"weights")
    assert adapter_hash(tmp_path / "a") == adapter_hash(tmp_path / "b")
    assert adapter_hash(tmp_path / "a") == hashlib.sha256(b"weights").hexdigest()[:12]


def test_a_broken_header_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff" * 9)
    assert adapter_hash(tmp_path / "odd") == hashlib.sha256(b"").hexdigest()[:12]
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        model_hash(tmp_path / "gone")

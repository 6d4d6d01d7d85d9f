"""An export proves itself with Python alone; whatever is done to it, the verifier beside it finds."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.audit.conftest import Trail
from wetplate.attestation.jws import jwks
from wetplate.attestation.keys import fresh
from wetplate.audit import heads, verifier
from wetplate.audit.export import export
from wetplate.errors import AuditBroken

Line = dict[str, Any]


@pytest.fixture(scope="module")
def exported(trail: Trail, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "trail"
    with Session(trail.database) as session:
        assert export(session, folder, [trail.key]) == 7
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    status = verifier.main([str(folder), *words])
    return status, capsys.readouterr().out.splitlines()


def rewrite(folder: Path, name: str, change: Callable[[list[Line]], object]) -> None:
    lines = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    change(lines)
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_copied_script_runs_on_python_alone(folder: Path) -> None:
    """Isolated, without site-packages, in a folder where nothing of ours can be found."""
    command = [sys.executable, "-I", "-S", folder / "verify.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("whole\n")
    assert "7 rows in 3 streams, 2 heads" in done.stdout


def swap(lines: list[Line], one: int, other: int) -> None:
    lines[one], lines[other] = lines[other], lines[one]


@pytest.mark.parametrize(
    ("name", "change", "finding"),
    [
        ("rows.jsonl", lambda rows: rows[0].update(body=rows[0]["body"].replace("1", "2")), "was changed"),
        ("rows.jsonl", lambda rows: rows[-1].update(body=rows[-1]["body"] + " "), "was changed"),
        ("rows.jsonl", lambda rows: rows[-1].update(hash="0" * 64), "was changed"),
        ("rows.jsonl", lambda rows: rows.pop(), "a head is over 7 rows, and only 6 are here"),
        ("rows.jsonl", lambda rows: rows.pop(3), "does not follow the row before it"),
        ("rows.jsonl", lambda rows: swap(rows, 3, 4), "does not follow the row before it"),
        ("rows.jsonl", lambda rows: swap(rows, 0, 1), "another root"),
        ("rows.jsonl", lambda rows: rows.append(rows[0]), "rows that no head speaks of"),
        ("rows.jsonl", lambda rows: rows[2].update(row_id="99"), "another root"),
        ("rows.jsonl", lambda rows: rows[2].pop("body"), "was sealed and is gone"),
        ("heads.jsonl", lambda found: found.pop(), "rows that no head speaks of"),
        ("heads.jsonl", lambda found: found.pop(0), "does not follow the head before it"),
        ("heads.jsonl", lambda found: swap(found, 0, 1), "does not follow the head before it"),
        ("heads.jsonl", lambda found: found.clear(), "nothing here is signed"),
    ],
)
def test_tampering_is_found(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: Callable[[list[Line]], object],
    finding: str,
) -> None:
    rewrite(folder, name, change)
    status, lines = told(folder, capsys)
    assert status == 1
    assert any(finding in line for line in lines)


def test_heads_of_another_key_are_not_believed(
    folder: Path, trail: Trail, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also not when its public half lies beside them: the house's own list of keys decides."""
    mallory = fresh()
    own = folder / "own.json"
    shutil.copyfile(folder / "jwks.json", own)
    resign = lambda line: line.update(signed=heads.signed(mallory, heads.opened([trail.key], line["signed"])))  # noqa: E731
    rewrite(folder, "heads.jsonl", lambda lines: [resign(line) for line in lines])
    assert told(folder, capsys)[0] == 1
    (folder / "jwks.json").write_text(json.dumps(jwks([mallory])))
    status, lines = told(folder, capsys)
    assert status == 0
    assert f"key {mallory.id}" in lines
    assert told(folder, capsys, "--jwks", str(own))[0] == 1


def test_an_older_head_proves_that_nothing_was_rewritten(
    folder: Path, trail: Trail, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.jws"
    kept.write_bytes(trail.objects.get(heads.key_of(5)))
    assert told(folder, capsys, "--head", str(kept))[0] == 0
    head = heads.opened([trail.key], kept.read_text())
    kept.write_text(heads.signed(trail.key, heads.Head(5, "0" * 64, head.at, 0, head.root)))
    assert told(folder, capsys, "--head", str(kept))[0] == 1


def test_what_is_gone_from_the_database_is_missing_in_the_export(
    trail: Trail, tampering: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tampering.execute(text("DELETE FROM verdicts WHERE stream = 'b' AND position = 1"))
    tampering.execute(text("DELETE FROM policies"))
    export(tampering, tmp_path / "trail", [trail.key])
    status, lines = told(tmp_path / "trail", capsys)
    assert (status, len([line for line in lines if "sealed and is gone" in line])) == (1, 2)


def test_an_export_overwrites_nothing(trail: Trail, folder: Path) -> None:
    with Session(trail.database) as session, pytest.raises(AuditBroken, match="is not empty"):
        export(session, folder, [trail.key])


def test_nothing_sealed_is_no_export(session: Session, tmp_path: Path) -> None:
    with pytest.raises(AuditBroken, match="wetplate audit seal"):
        export(session, tmp_path / "trail", [])


@settings(max_examples=12)
@given(st.binary(max_size=40), st.integers(0, 511))
def test_our_arithmetic_agrees_with_the_library_s(message: bytes, bit: int) -> None:
    key = ec.derive_private_key(1 + bit**5, ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    point = (numbers.x, numbers.y, 1)
    assert verifier.holds(point, message, signature)
    assert not verifier.holds(point, message + b"!", signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not verifier.holds(point, message, bytes(flipped))


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\1" * 63, b"\xff" * 64])
def test_signatures_out_of_range_are_refused(signature: bytes) -> None:
    assert not verifier.holds(verifier.G, b"", signature)

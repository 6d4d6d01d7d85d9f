"""Where the ring comes from: a setting, or a file that appears whole and stays."""

import stat
from pathlib import Path

import pytest

from wetplate.delivery.keys import FILE, configured, parsed
from wetplate.errors import SettingError

ONE, TWO = "01" * 32, "02" * 16


def test_the_first_signs_and_all_verify() -> None:
    ring = parsed(f"k2:{ONE},k1:{TWO}\n", "test")
    assert ring.active == "k2"
    assert ring.secrets == {"k2": bytes.fromhex(ONE), "k1": bytes.fromhex(TWO)}


@pytest.mark.parametrize(
    "text",
    [
        "", ",", "k1", "k1:", f":{ONE}", f"k1:{ONE},", f"k1:{ONE},k1:{TWO}", f"k1:{ONE};k2:{TWO}",
        "k1:" + "01" * 15, "k1:" + "01" * 65, "k1:" + "0" * 33, f"K1:{ONE}", f"k.1:{ONE}", f"k 1:{ONE}",
        f"{'k' * 17}:{ONE}", "k1:" + "zz" * 32, "k1:" + "AB" * 32, f"k1:{ONE}, k2:{TWO}",
    ],
)  # fmt: skip
def test_a_wrong_ring_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(SettingError, match="WHERE: expected id:hex") as refusal:
        parsed(text, "WHERE")
    assert "0101" not in str(refusal.value)


def test_the_setting_comes_first_even_when_empty(tmp_path: Path) -> None:
    assert configured(f"k1:{ONE}", tmp_path).active == "k1"
    with pytest.raises(SettingError, match="WETPLATE_URL_KEYS"):
        configured("", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    var = tmp_path / "var"
    ring = configured(None, var)
    assert configured(None, var).secrets == ring.secrets
    assert [path.name for path in var.iterdir()] == [FILE]
    assert stat.S_IMODE((var / FILE).stat().st_mode) == 0o600
    assert len(ring.secrets[ring.active]) == 32


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"k1:nothex"])
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, body: bytes) -> None:
    (tmp_path / FILE).write_bytes(body)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(SettingError, match=FILE):
        configured(None, tmp_path)
    assert (tmp_path / FILE).read_bytes() == body

"""A secret in a file: one for all who start together, for its owner only, never another."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from wetplate.errors import SettingError
from wetplate.storage.secret_file import make, secret


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    file, numbers = tmp_path / "var" / "key", count()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret(file, lambda: f"secret {next(numbers)}", "KEY"), range(32)))
    make(file, "late")  # by one that looked before the others had written
    assert found == {secret(file, lambda: "another", "KEY")}
    assert [path.name for path in file.parent.iterdir()] == ["key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_read_or_change_is_refused_unread(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    make(file, "hidden")
    file.chmod(mode)
    with pytest.raises(SettingError, match="chmod 600") as refusal:
        secret(file, lambda: "another", "KEY")
    assert "hidden" not in str(refusal.value)


def test_a_place_where_no_file_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(SettingError, match=f"var{os.sep}key: .*set KEY"):
        secret(tmp_path / "var" / "key", lambda: "x", "KEY")

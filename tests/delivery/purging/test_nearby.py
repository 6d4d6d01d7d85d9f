"""Caches that run beside us are known without being configured, and only while they run."""

from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

import pytest

from wetplate.delivery.purging.nearby import announced, found
from wetplate.delivery.purging.targets import configured, named
from wetplate.settings import serving, settings

HOLDER = """
import sys
from pathlib import Path
import pytest

from wetplate.delivery.purging.nearby import announced
with announced(Path(sys.argv[1]), "varnish", "http://127.0.0.1:81"):
    print("known", flush=True)
    sys.stdin.read()
"""


def test_what_runs_is_found_and_what_ended_is_not(tmp_path: Path) -> None:
    assert found(tmp_path) == ""
    with (
        announced(tmp_path, "varnish", "http://127.0.0.1:82"),
        announced(tmp_path, "shield", "http://[::1]:83"),
    ):
        assert found(tmp_path) == "shield=http://[::1]:83 varnish=http://127.0.0.1:82"
    assert found(tmp_path) == ""


def test_a_killed_cache_is_not_found(tmp_path: Path) -> None:
    with Popen([executable, "-c", HOLDER, str(tmp_path)], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert found(tmp_path) == "varnish=http://127.0.0.1:81"
        process.kill()
        process.wait()
        assert found(tmp_path) == ""


def test_whoever_purges_without_being_told_takes_what_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    var = settings().var
    with announced(var, "varnish", "http://127.0.0.1:84"):
        assert named(configured(serving(), var)) == ("varnish 127.0.0.1:84",)
        monkeypatch.setenv("WETPLATE_PURGERS", "none")
        assert configured(serving(), var) == ()

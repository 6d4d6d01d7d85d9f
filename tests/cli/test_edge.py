"""`wetplate edge` as a process, and what it refuses."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.delivery.edge.scripted import Client, Origin, fresh
from wetplate.cli.edge import command
from wetplate.delivery.edge.varnish import free_port
from wetplate.errors import EdgeError, SettingError

HERE = "127.0.0.1"


@pytest.fixture
def origin() -> Iterator[Origin]:
    scripted = Origin()
    yield scripted
    scripted.close()


def say(*words: str) -> str:
    return CliRunner().invoke(command, words, catch_exceptions=False).output


@pytest.mark.skipif(shutil.which("varnishd") is None, reason="no varnishd here")
@pytest.mark.xdist_group("edge")
def test_it_stands_until_it_is_told_to_end(origin: Origin, tmp_path: Path) -> None:
    port = free_port()
    line = [sys.executable, "-m", "wetplate", "edge", "--port", str(port), "--origin", origin.url]
    process = subprocess.Popen(
        line, env={**os.environ, "WETPLATE_VAR": str(tmp_path)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f"edge: http://{HERE}:{port} before {origin.url} ")
    path = fresh()
    assert [Client(port).ask(path).hit for _ in range(2)] == [False, True]
    with pytest.raises(EdgeError, match="somebody listens"):
        say("--port", str(port))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
    with pytest.raises(OSError, match="refused"):
        Client(port).ask(path)
    folder = tmp_path / "edge" / f"edge-{port}"
    assert folder.stat().st_mode & 0o077 == 0, "the VCL holds the token"


def test_it_prints_what_varnish_would_be_told_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETPLATE_PURGE_TOKEN", "a-token-of-sixteen")
    monkeypatch.setenv("WETPLATE_PURGE_FROM", "10.0.0.0/8, 127.0.0.1")
    said = say("--print-vcl", "--origin", "http://origin.internal:8080")
    assert '.host = "origin.internal";' in said
    assert '.port = "8080";' in said
    assert '"10.0.0.0"/8;' in said
    assert "a-token-of-sixteen" not in said


def test_a_shield_says_whom_it_answers() -> None:
    assert "--behind" in say("--shield")
    assert '"10.0.0.0"/8;' in say("--shield", "--behind", "10.0.0.0/8", "--print-vcl")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WETPLATE_VARNISHD", "no-such-varnishd", "apt-get install varnish varnish-modules"),
        ("WETPLATE_VMODS", "/nowhere", "libvmod_xkey.so"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv("WETPLATE_VARNISHD", sys.executable)
    monkeypatch.setenv(name, value)
    with pytest.raises(EdgeError, match=says):
        say("--port", str(free_port()))


@pytest.mark.parametrize("origin_url", ["https://x", "ftp://x", "x:80", "http://"])
def test_an_origin_it_cannot_fetch_from(origin_url: str) -> None:
    with pytest.raises(SettingError, match="http://host:port"):
        say("--print-vcl", "--origin", origin_url)


def test_a_network_that_is_none() -> None:
    with pytest.raises(SettingError, match=r"10\.0\.0\.300"):
        say("--print-vcl", "--behind", "10.0.0.300")

"""`wetplate serve`: what it hands to uvicorn, and the application of the environment."""

from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner
from sqlalchemy import Engine

from wetplate.cli.serve import FACTORY, command
from wetplate.delivery.app import Origin, from_environment
from wetplate.delivery.protocol import OriginProtocol


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What uvicorn was told, in place of running it."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: told.update(app=app, **options))
    return told


def test_one_process_on_the_origins_port(run: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETPLATE_ORIGIN_URL", "http://127.0.0.1:4567")
    assert CliRunner().invoke(command, []).exit_code == 0
    assert (run["app"], run["factory"], run["port"], run["host"]) == (FACTORY, True, 4567, "127.0.0.1")
    assert (run["workers"], run["access_log"], run["proxy_headers"]) == (1, False, False)
    assert run["http"] is OriginProtocol


def test_several_count_into_one_folder(
    run: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    assert CliRunner().invoke(command, ["--port", "0", "--workers", "2"]).exit_code == 0
    assert (run["port"], run["workers"]) == (0, 2)
    assert (tmp_path / "var/metrics").is_dir()


def test_the_factory_reads_the_environment(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_OBJECTS_URL", "memory:")
    monkeypatch.setenv("WETPLATE_URL_KEYS", "k:" + "ab" * 32)
    module, _, name = FACTORY.partition(":")
    assert (module, name) == (from_environment.__module__, from_environment.__name__)
    made = from_environment()
    assert isinstance(made, Origin)
    assert made.service.ring.active == "k"

"""`wetplate db` starts, tells, stops and resets the embedded Postgres, and keeps off anybody else's."""

import pytest
from click.testing import CliRunner, Result

from wetplate.cli.db import command
from wetplate.errors import StorageError
from wetplate.settings import Settings
from wetplate.storage import cluster, migrations
from wetplate.storage.cluster import Server


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_the_life_of_a_catalog(own: Settings) -> None:
    assert run("status").exit_code == 1
    for _ in range(2):
        said = run("up")
        assert said.exit_code == 0, said.output
        assert "postgresql+psycopg://app@/wetplate" in said.output
    said = run("status")
    assert said.exit_code == 0
    assert f"schema    {migrations.newest()}" in said.output
    assert "stopped" in run("down").output
    assert "was not running" in run("down").output
    assert cluster.server(own).home.exists()


def test_reset_wants_to_be_sure(own: Settings) -> None:
    cluster.start(own, cluster.server(own), careless=True)
    said = run("reset")
    assert isinstance(said.exception, StorageError)
    assert "say --yes" in str(said.exception)
    assert cluster.alive(cluster.server(own))
    assert run("reset", "--yes").exit_code == 0
    assert not cluster.server(own).home.exists()


def test_a_configured_catalog_is_only_migrated(
    postgres_server: Server, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, role in (("WETPLATE_DATABASE_URL", "app"), ("WETPLATE_OWNER_URL", "owner")):
        monkeypatch.setenv(name, postgres_server.url(role, database_name))
    assert "migrated to revision" in run("up").output
    for verb in (["down"], ["status"], ["reset", "--yes"]):
        said = run(*verb)
        assert isinstance(said.exception, StorageError)
        assert "WETPLATE_DATABASE_URL is set" in str(said.exception)
    assert cluster.alive(postgres_server)

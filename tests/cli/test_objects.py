"""`wetplate objects` probes the store and sweeps what nobody refers to."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from wetplate.cli.objects import command
from wetplate.errors import StorageError
from wetplate.settings import settings
from wetplate.storage.stores import open_objects

RECIPE = """
    INSERT INTO families VALUES ('shoe', '', '', '{}', now());
    INSERT INTO recipes (id, family, kind, position, variant, body, current, at)
    VALUES ('r', 'shoe', 'generation', 0, '{}', '{}', true, now());
    INSERT INTO paintings (recipe_id, sha256, key, bytes, runtime, model_files, seconds, run_id, at)
    VALUES ('r', '', 'paintings/needed', 1, '{}', '{}', 1, '', now());
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


@pytest.fixture
def catalog(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def test_probe() -> None:
    said = run("probe")
    assert said.exit_code == 0
    assert "it can hold canonicals" in said.output
    assert list(open_objects(settings().objects_url, settings()).list()) == []


def test_sweep(catalog: Engine) -> None:
    with catalog.begin() as connection:
        connection.execute(text(RECIPE))
    objects = open_objects(settings().objects_url, settings())
    for key in ("paintings/needed", "paintings/lost"):
        objects.put(key, b"1234", content_type="image/png")
    assert "0 orphans would be marked" in run("sweep").output
    assert "1 orphans would be marked" in run("sweep", "--grace", "0m").output
    assert "1 orphans marked" in run("sweep", "--grace", "0m", "--delete").output
    assert "1 would be deleted (4 bytes); dry run" in run("sweep", "--grace", "0m").output
    assert "1 deleted (4 bytes)" in run("sweep", "--grace", "0m", "--delete").output
    assert [entry.key for entry in objects.list()] == ["paintings/needed"]


def test_sweep_removes_what_killed_writers_left(catalog: Engine) -> None:
    with catalog.begin() as connection:
        connection.execute(text(RECIPE))
    left = Path(settings().var / "objects/writing/left")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert "removed 1 unfinished files" in run("sweep", "--delete").output
    assert not left.exists()


@pytest.mark.parametrize("grace", ["", "24", "-1h", "1w", "h", "1.5h"])
def test_a_grace_that_is_none(grace: str) -> None:
    said = run("sweep", f"--grace={grace}")
    assert said.exit_code == 2
    assert "expected a number and m, h or d" in said.output


def test_the_wrong_catalog_sweeps_nothing(catalog: Engine) -> None:
    said = run("sweep", "--delete")
    assert isinstance(said.exception, StorageError)
    assert "is this the catalog" in str(said.exception)

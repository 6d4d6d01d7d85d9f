"""`wetplate verify`: 0 when sound, 1 with the list when not."""

import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from tests.publication import images
from wetplate.cli.verify import command
from wetplate.derivatives.tables import DerivativeRow
from wetplate.provenance.signing import open_signer
from wetplate.publication import moves
from wetplate.publication.verify import NAMES
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects


@pytest.fixture(autouse=True)
def store(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Objects:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    objects = open_objects(settings().objects_url, settings())
    with transaction(database) as session:
        moves.publish(session, images.derived(session, objects, signer=open_signer(settings())), "test")
    return objects


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_a_sound_catalog() -> None:
    for options in ([], ["--quick"], ["--family", "boots"], ["--grace", "60"]):
        done = run(*options)
        assert done.exit_code == 0, (options, done.output)
        assert f"{len(NAMES)} rules, 0 findings" in done.stdout
        assert done.stdout.count("holds") == len(NAMES)


def test_json_of_a_sound_catalog_is_an_empty_list() -> None:
    done = run("--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_what_is_broken_is_listed(store: Objects, database: Engine) -> None:
    with transaction(database) as session:
        key = session.scalars(select(DerivativeRow.key)).first()
    assert key is not None
    store.delete(key)
    done = run()
    assert done.exit_code == 1
    assert f"derivative_objects: {key}: is not in the store; take the image down" in done.stdout
    assert "1 broken" in done.stdout
    (found,) = json.loads(run("--json").stdout)
    assert (found["rule"], found["subject"]) == ("derivative_objects", key)
    assert run("--family", "clogs").exit_code == 0

"""`wetplate takedown`, `wetplate reinstate`, `wetplate certs`: what people at a terminal can do."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from tests.publication import images
from wetplate.cli import certs, takedown
from wetplate.errors import ImageUnknown, NotWithdrawn, UnknownReason
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.publication.verify import verify
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects


@pytest.fixture
def store(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Objects:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_REVIEWER", "test")
    return open_objects(settings().objects_url, settings())


@pytest.fixture
def image(database: Engine, store: Objects) -> str:
    with transaction(database) as session:
        return images.published(session, store)


def run(command: click.Command, *arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_there_and_back(image: str, store: Objects, database: Engine) -> None:
    said = run(takedown.command, image[:10], "--reason", "privacy", "--note", "a face")
    assert said.startswith(f"{image[:12]} is withdrawn, version 2; ")
    assert list(store.list("derivatives/")) == []
    assert "version 2" in run(takedown.command, image[:10], "--reason", "privacy")
    assert "is draft, version 2" in run(takedown.reinstate, image[:10], "--reason", "mistake")
    with transaction(database) as session:
        rows = session.scalars(select(MoveRow).order_by(MoveRow.id)).all()
        assert [(row.actor, row.reason) for row in rows][1:] == [
            ("person:test", "privacy: a face"), ("person:test", "mistake"),
        ]  # fmt: skip
        assert verify(session, store) == []


@pytest.mark.parametrize(
    ("command", "reason", "refusal"),
    [
        (takedown.command, "because", UnknownReason),
        (takedown.reinstate, "privacy", UnknownReason),
        (takedown.reinstate, "mistake", NotWithdrawn),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    image: str, database: Engine, command: click.Command, reason: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        run(command, image, "--reason", reason)
    with transaction(database) as session:
        assert session.get_one(PublicationRow, image).state == "published"


@pytest.mark.parametrize("command", [takedown.command, takedown.reinstate])
def test_an_unknown_image(store: Objects, command: click.Command) -> None:
    with pytest.raises(ImageUnknown):
        run(command, "abcdef", "--reason", "mistake" if command is takedown.reinstate else "privacy")


def test_a_reason_is_not_optional_and_the_help_lists_them(store: Objects) -> None:
    assert CliRunner().invoke(takedown.command, ["abc"]).exit_code == 2
    assert "court-order" in run(takedown.command, "--help")
    assert "counter-notice" in run(takedown.reinstate, "--help")


def test_certs_init(tmp_path: Path) -> None:
    folder = tmp_path / "chain"
    first = run(certs.command, "init", str(folder))
    assert "a new chain" in first
    assert "on no trust list" in first
    assert f"WETPLATE_C2PA_KEY={folder / 'key.pem'}" in first
    key = (folder / "key.pem").read_bytes()
    assert "nothing was changed" in run(certs.command, "init", str(folder))
    assert (folder / "key.pem").read_bytes() == key

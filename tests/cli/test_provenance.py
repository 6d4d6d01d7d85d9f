"""`wetplate adopt` and `wetplate provenance`: exit status, JSON, nothing of a stranger's on the terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from tests.provenance import outside
from tests.publication import images
from wetplate.attestation import dsse
from wetplate.attestation.keys import configured
from wetplate.cli import adopt, provenance
from wetplate.recipes.catalog import register
from wetplate.review.tables import AccessRow
from wetplate.settings import reviewing, settings
from wetplate.storage.database import transaction
from wetplate.storage.stores import open_objects


@pytest.fixture(autouse=True)
def image(database: Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    with transaction(database) as session:
        register(session, images.family())
        return images.published(session, open_objects(settings().objects_url, settings()))


def run(command: object, *said: str) -> Result:
    return CliRunner().invoke(command, said, catch_exceptions=False)  # type: ignore[arg-type]


def test_a_folder_with_a_bad_file_ends_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "red\x1b[31m.png").write_bytes(outside.picture(1, "PNG"))
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    said = [str(tmp_path), "--family", "boots", "--source-type", "digitalCapture"]
    assert run(adopt.command, *said, "--dry-run").exit_code == 1
    told = run(adopt.command, *said, "--json")
    assert told.exit_code == 1
    report = json.loads(told.stdout)
    assert [each["variant"] for each in report["adopted"]] == [{"lace": "red"}]
    assert list(report["refused"]) == ["bad.jpg"]
    (tmp_path / "bad.jpg").unlink()
    shown = run(adopt.command, *said)
    assert (shown.exit_code, "\x1b" in shown.stdout) == (0, False)
    assert "0 new, 1 known, 0 refused" in shown.stdout


def test_exports(image: str, database: Engine) -> None:
    assert images.PROMPT in run(provenance.command, "export", image[:12]).stdout
    with transaction(database) as session:
        (seen,) = session.scalars(select(AccessRow))
        assert (seen.stream, seen.what) == (images.recipe().id, "export")
    said = json.loads(run(provenance.command, "export", image[:12], "--as", "prov").stdout)
    assert said["prefix"]["canonical"] == "urn:wetplate:canonical:"
    envelope = json.loads(run(provenance.command, "export", image[:12], "--as", "intoto").stdout)
    key = configured(reviewing(), settings().var)
    assert image.encode() in dsse.opened([key], envelope)


def test_a_person_says_what_viewers_are_told(image: str) -> None:
    said = ["disclose", image[:12], "--need", "required", "--depicts", "product", "--reviewer", "p1"]
    told = run(provenance.command, *said).stdout
    assert told.startswith(f"{image[:12]} required: Made by a generative model; /provenance/")

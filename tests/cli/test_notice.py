"""`wetplate notice`: from the complaint to the evidence, at a terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from tests.publication import images
from wetplate.attestation import dsse, keys
from wetplate.cli import notice
from wetplate.errors import Blocked, DecisionConflict, NoticeError, NoticeStep, NoticeUnknown
from wetplate.generation.catalog import unpainted
from wetplate.publication import moves
from wetplate.publication.notices import evidence
from wetplate.publication.tables import PublicationRow
from wetplate.retention import holds
from wetplate.review.tables import AccessRow
from wetplate.settings import reviewing, settings
from wetplate.similarity.blocklist import require_unblocked
from wetplate.similarity.tables import BlockRow
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects, sha256
from wetplate.storage.stores import open_objects


@pytest.fixture
def store(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Objects:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_REVIEWER", "first")
    return open_objects(settings().objects_url, settings())


@pytest.fixture
def image(database: Engine, store: Objects) -> str:
    with transaction(database) as session:
        return images.published(session, store)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(notice.command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def filed(image: str, *more: str) -> str:
    said = run("file", "--kind", "dmca", "--reason", "it is mine", "--url", f"/gallery/boots/{image}",
               "--name", "A. Person", "--json", *more)  # fmt: skip
    return str(json.loads(said)["id"])


def shown(id: str, *more: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("show", id, "--json", *more))
    return found


def state(database: Engine, image: str) -> tuple[str, int]:
    with transaction(database) as session:
        row = session.get_one(PublicationRow, image)
        return row.state, row.version


def test_from_the_letter_to_the_evidence(
    image: str, store: Objects, database: Engine, tmp_path: Path
) -> None:
    id = filed(image)
    told = shown(id)
    assert told["state"] == "received"
    assert told["images"] == [{"id": image, "relation": "named", "decision": "included"}]
    assert "A. Person" not in json.dumps(told)
    done = json.loads(run("execute", id, "--json"))
    assert (done["state"], done["outcome"], done["images"], done["left"]) == (
        "notified",
        "upheld",
        [image],
        "",
    )
    assert done["deleted"] > 0
    assert state(database, image) == ("withdrawn", 2)
    assert list(store.list("derivatives/")) == []
    written = tmp_path / "bundle"
    assert f"files of notice {id}" in run("evidence", id, "--out", str(written))
    index = json.loads((written / id / "index.json").read_text())
    for each in index["objects"]:
        assert sha256((written / id / each["name"]).read_bytes()) == each["sha256"]
    signed = json.loads((written / id / "index.dsse.json").read_text())
    body = dsse.opened(keys.trusted(reviewing(), settings().var), signed, payload_type=evidence.PAYLOAD)
    assert json.loads(body) == index
    names = {each["what"] for each in index["objects"]}
    assert {"notice", "events", "statement", "verification", f"{image}/painting", f"{image}/record"} <= names
    assert "A. Person" not in "".join(
        file.read_text(errors="replace") for file in (written / id).glob("*.json")
    )
    with transaction(database) as session:
        assert holds.held(session, f"notice:{id}")
    assert shown(id, "--persons")["persons"] == {"name": "A. Person"}
    with transaction(database) as session:
        assert session.scalars(select(AccessRow.what).order_by(AccessRow.id)).all() == ["evidence", "notice"]
    again_changes_nothing(id, store)
    regeneration_is_refused(database)


def again_changes_nothing(id: str, store: Objects) -> None:
    before, kept = shown(id), {entry.key for entry in store.list()}
    again = json.loads(run("execute", id, "--json"))
    assert (again["state"], again["deleted"], again["kept"]) == ("notified", 0, 0)
    assert shown(id) == before
    assert {entry.key for entry in store.list()} == kept


def regeneration_is_refused(database: Engine) -> None:
    recipe = images.recipe()
    with transaction(database) as session:
        assert recipe.id not in {each.id for each in unpainted(session, "boots")}
        kinds = {row.kind for row in session.scalars(select(BlockRow))}
        assert kinds == {"object", "pixels", "phash", "recipe"}
        with pytest.raises(Blocked, match="must not come back"):
            require_unblocked(session, recipe_id=recipe.id)


def test_withdrawn_for_the_time_being_and_given_back_by_two(
    image: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = filed(image)
    assert "is withdrawn" in run("withdraw", id)
    assert state(database, image) == ("hidden", 1)
    with transaction(database) as session, pytest.raises(Blocked):
        moves.publish(session, image, "pipeline")
    assert "waits for a second person" in run("decide", id, "rejected", "--reason", "permitted")
    with pytest.raises(DecisionConflict, match="somebody else"):
        run("decide", id, "rejected", "--reason", "permitted")
    assert state(database, image) == ("hidden", 1)
    monkeypatch.setenv("WETPLATE_REVIEWER", "second")
    assert "is decided" in run("decide", id, "rejected", "--reason", "permitted")
    run("execute", id)
    assert state(database, image) == ("published", 1)
    assert shown(id)["state"] == "notified"
    assert "closed" in run("close", id)


def test_an_appeal_takes_a_second_person_and_brings_it_back_anew(
    image: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = filed(image)
    run("execute", id)
    said = ["--name", "B", "--address", "C", "--telephone", "1", "--signature", "B"]
    with pytest.raises(NoticeError, match="512"):
        run("counter", id, *said)
    with pytest.raises(NoticeStep, match="second person"):
        run("reinstate", id)
    assert "is appealed" in run("appeal", id, "--reason", "we have a licence")
    with pytest.raises(NoticeStep, match="somebody else"):
        run("appeal", id, "--reverse")
    monkeypatch.setenv("WETPLATE_REVIEWER", "second")
    assert "is reinstated" in run("appeal", id, "--reverse", "--facts", "the licence is shown")
    assert state(database, image) == ("draft", 2)
    with transaction(database) as session:
        require_unblocked(session, recipe_id=images.recipe().id)
        assert holds.held(session, images.recipe().id) is None


def test_what_cannot_be_found_is_received_and_said(store: Objects) -> None:
    id = json.loads(run("file", "--kind", "other", "--reason", "somewhere", "--url", "/gallery/", "--json"))[
        "id"
    ]
    told = shown(id)
    assert (told["state"], told["found"], told["images"]) == ("received", False, [])
    with pytest.raises(NoticeError, match="no image"):
        run("execute", id)
    assert "abusive" in run("close", id, "--abusive")
    with pytest.raises(NoticeUnknown):
        run("show", "ffff")

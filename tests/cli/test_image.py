"""`wetplate image`: everything known, or one clear line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from tests.publication import images
from wetplate import cli
from wetplate.cli.image import command
from wetplate.errors import AmbiguousId, ImageUnknown
from wetplate.publication import moves
from wetplate.recipes.catalog import register
from wetplate.recipes.family import expand
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.stores import open_objects


@pytest.fixture(autouse=True)
def image(database: Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    """A published image in the catalog and the store that the commands will open; gives its id."""
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    with transaction(database) as session:
        return images.published(session, open_objects(settings().objects_url, settings()))


def told(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_json_holds_every_stage(image: str) -> None:
    known = json.loads(told(image[:12], "--json"))
    assert known["recipe"]["id"] == images.recipe().id
    assert known["canonical"]["id"] == image
    assert known["verdicts"][0]["verdict"] == "approve"
    assert known["provenance"]["prompt"].startswith(images.PROMPT)
    assert known["publication"]["state"] == "published"
    assert [move["to_state"] for move in known["moves"]] == ["published"]
    assert known["snippet"].startswith("<picture>")
    assert 'alt="boot with white laces"' in known["snippet"]
    assert {file["format"] for file in known["derivatives"]} == {"avif", "webp", "jpeg"}
    assert "salt" not in known["provenance"]


def test_text_shows_every_stage_in_order(image: str) -> None:
    text = told(images.recipe().id)
    stages = [
        "recipe",
        "painting",
        "signals",
        "verdicts",
        "canonical",
        "provenance",
        "derivatives",
        "publication",
        "moves",
    ]
    places = [text.index(f"{stage} ─") for stage in stages]
    assert places == sorted(places)
    assert "<picture>" in text


def test_an_image_that_is_not_public_has_no_snippet(image: str, database: Engine) -> None:
    with transaction(database) as session:
        moves.unpublish(session, image, "test")
    assert json.loads(told(image, "--json"))["snippet"] is None


def test_a_recipe_that_was_never_painted_is_known_too(database: Engine) -> None:
    known = json.loads(told(images.recipe(2).id, "--json"))
    assert (known["painting"], known["canonical"]) == (None, None)


def test_unknown_ids_are_refused() -> None:
    for id in ("zebra", "", "0" * 64, "%"):
        with pytest.raises(ImageUnknown):
            told(id)


def test_an_id_that_fits_several_is_refused(database: Engine) -> None:
    with transaction(database) as session:
        for slug in "abcdefghij":
            register(session, images.family(f"family-{slug}"))
        ids = [recipe.id[0] for slug in "abcdefghij" for recipe in expand(images.family(f"family-{slug}"))]
    twice = next(digit for digit in ids if ids.count(digit) > 1)
    with pytest.raises(AmbiguousId, match="more digits"):
        told(twice)


def test_the_console_script_says_one_line_and_exits_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["wetplate", "image", "0" * 64])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("wetplate: no image or recipe begins with 000")

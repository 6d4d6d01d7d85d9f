"""`wetplate family`: verdicts on files, pins for models, lists of recipes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wetplate.cli.family import command
from wetplate.errors import UnknownFamily

GOLDEN = Path(__file__).parents[1] / "golden" / "recipes"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "families" / "shoe"
    folder.mkdir(parents=True)
    (folder / "family.toml").write_text((GOLDEN / "family.toml").read_text())
    monkeypatch.setenv("WETPLATE_FAMILIES", str(folder.parent))
    return folder.parent


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_check_says_what_can_be_used() -> None:
    done = run("check", "--files-only")
    assert (done.exit_code, done.stdout) == (
        0,
        "shoe: 4 variants, model families/golden/model@sha256:00000000\n",
    )


def test_check_goes_on_after_a_bad_file_and_exits_2(root: Path) -> None:
    (root / "boot").mkdir()
    (root / "boot" / "family.toml").write_text("title = 3")
    (root / "Bad_Name").mkdir()
    (root / "Bad_Name" / "family.toml").write_text("")
    done = run("check", "--files-only")
    assert done.exit_code == 2
    assert "shoe: 4 variants" in done.stdout
    assert "boot/family.toml: title: expected a string, not int 3" in done.stderr
    assert "family 'Bad_Name': slug: expected" in done.stderr


def test_check_compares_the_model_with_its_pin() -> None:
    done = run("check", "shoe")
    assert done.exit_code == 2
    assert "families/golden/model: no such model folder" in done.stderr


def test_digest_prints_a_revision(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model_index.json").write_text("{}")
    done = run("digest", str(tmp_path / "model"))
    assert done.stdout.startswith("sha256:")
    assert len(done.stdout.strip()) == 71


def test_expand_lists_ids_and_prompts() -> None:
    lines = run("expand", "shoe").stdout.splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("  a shoe with white laces on a gum sole")


def test_expand_prints_recipes_as_json_lines() -> None:
    first = json.loads(run("expand", "shoe", "--json").stdout.splitlines()[0])
    assert (first["variant"], first["width"]) == ({"lace": "white", "sole": "gum"}, 256)
    assert run("expand", "shoe").stdout.startswith(first["id"])


def test_an_unknown_family_is_a_refusal() -> None:
    assert isinstance(run("expand", "boot").exception, UnknownFamily)

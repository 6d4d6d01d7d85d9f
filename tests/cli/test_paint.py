"""`wetplate paint`: paints what is missing, keeps what is done, respects the budget."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from wetplate.cli.paint import command
from wetplate.errors import BlankPainting, FakePainterRefused, UnknownFamily
from wetplate.generation import budget, catalog
from wetplate.generation.fake import FakePainter
from wetplate.generation.painter import Painting
from wetplate.generation.shift import paint
from wetplate.recipes import catalog as families
from wetplate.recipes.family import Budget, read
from wetplate.recipes.recipe import Recipe
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

FILE = """
title = "Clogs"
[attributes]
colour = ["red", "blue", "green"]
[recipe]
prompt = "a {colour} clog"
negative_prompt = ""
alt = "a {colour} clog"
sampler = "Euler"
steps = 1
guidance = "1"
width = 64
height = 64
[recipe.seed]
rule = "fixed"
value = 1
[model]
id = "nowhere"
revision = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
[licence]
expression = "Apache-2.0"
commercial_use = "yes"
restrictions = []
[publication]
profile = "social-feed"
channel = "commercial"
[moderation]
policy = "product"
[budget]
images_per_day = 4
device_seconds_per_day = 60
"""


@pytest.fixture
def recipes(session: Session, tmp_path: object) -> list[Recipe]:
    folder = tmp_path / "clogs"  # type: ignore[operator]
    folder.mkdir()
    (folder / "family.toml").write_text(FILE)
    families.register(session, read(folder))
    session.commit()
    return families.recipes_of(session, "clogs")


@pytest.fixture
def command_line(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_PAINTER", "fake")
    monkeypatch.setenv("WETPLATE_DRY_RUN", "1")
    return lambda *words: CliRunner().invoke(command, words)


def test_paints_what_is_missing_and_no_more(
    command_line: Callable[..., Result], recipes: list[Recipe]
) -> None:
    assert "painted 1, 2 still unpainted" in command_line("clogs", "--limit", "1").output
    assert "painted 2, 0 still unpainted" in command_line("clogs").output
    assert "painted 0, 0 still unpainted" in command_line("clogs").output


def test_unknown_family(command_line: Callable[..., Result], recipes: list[Recipe]) -> None:
    assert isinstance(command_line("boots").exception, UnknownFamily)


def test_the_fake_is_refused_outside_a_dry_run(
    command_line: Callable[..., Result], recipes: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WETPLATE_DRY_RUN")
    assert isinstance(command_line("clogs").exception, FakePainterRefused)


def test_over_budget_the_rest_waits(database: Engine, recipes: list[Recipe]) -> None:
    two = Budget(images_per_day=2, device_seconds_per_day=60)
    painter, objects = FakePainter(allowed=True), MemoryObjects()
    assert len(list(paint(database, objects, painter, recipes, two, run_id="test", size=1))) == 2
    with transaction(database) as session:
        assert len(catalog.unpainted(session, "clogs")) == 1


class Stumbling:
    """Paints one picture of a batch, then fails."""

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        yield from FakePainter(allowed=True).paint(recipes[:1])
        raise BlankPainting("nothing there")


def test_a_failure_keeps_what_was_painted_and_gives_the_rest_of_the_budget_back(
    database: Engine, recipes: list[Recipe]
) -> None:
    limits, objects = Budget(images_per_day=4, device_seconds_per_day=60), MemoryObjects()
    with pytest.raises(BlankPainting):
        list(paint(database, objects, Stumbling(), recipes, limits, run_id="test", size=3))
    with transaction(database) as session:
        assert len(catalog.unpainted(session, "clogs")) == 2
        assert budget.left(session, "clogs", limits).images == 3
    assert len(list(objects.list())) == 1
    assert asdict(limits)["images_per_day"] == 4

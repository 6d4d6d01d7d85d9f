"""`wetplate review`, as people type it: a process of its own against a real database."""

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted, a_policy
from tests.moderation.conftest import painted as painted
from wetplate.cli.review import age, command
from wetplate.errors import DecisionConflict, WetplateError
from wetplate.moderation import catalog
from wetplate.moderation.judge import judge
from wetplate.recipes.recipe import Recipe
from wetplate.review import accesses
from wetplate.storage.memory import MemoryObjects

Review = Callable[..., Result]


@pytest.fixture
def held(session: Session, objects: MemoryObjects, painted: Callable[[int], list[Recipe]]) -> list[Recipe]:
    recipes, policy = painted(2), a_policy()
    rows = catalog.unjudged(session, FAMILY, policy)
    eyes = [Scripted(0.7), Scripted(RuntimeError("not installed"), name="ear")]
    catalog.record(session, judge(catalog.pending(objects, rows), eyes, policy), FAMILY)
    session.commit()
    return recipes


@pytest.fixture
def review(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("WETPLATE_REVIEWER", "ada")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(command, words)


def test_the_list_says_why_how_long_and_what_the_detectors_cannot_see(
    review: Review, held: list[Recipe]
) -> None:
    said = review("list").output
    assert "2 waiting for a person" in said
    assert held[0].id[:12] in said
    assert "approved only below 0.50" in said
    assert "eye: BAD 0.70" in said
    assert "is blind to" in said
    assert re.search(r"ear: no score", said)


def test_json_is_for_programs(review: Review, held: list[Recipe]) -> None:
    listed = json.loads(review("list", "--json", "--family", FAMILY).output)
    assert {each["recipe_id"] for each in listed} == {recipe.id for recipe in held}
    assert listed[0]["signals"][0]["score"] == 0.7
    assert json.loads(review("list", "--json", "--family", "boots").output) == []


def test_a_decided_image_is_appealed_and_decided_by_somebody_else(review: Review, held: list[Recipe]) -> None:
    asked = ("appeal", held[0].id[:8], "--reason", "it is our own logo")
    assert isinstance(review(*asked).exception, DecisionConflict)  # it waits as it is
    review("reject", held[0].id[:8], "--reason", "ip/logo")
    assert f"{held[0].id[:12]} waits in the queue appeal, until " in review(*asked).output
    again = ("approve", held[0].id[:8], "--reason", "false-alarm")
    assert isinstance(review(*again).exception, WetplateError)  # whoever decided does not decide again
    assert review(*again, "--reviewer", "bob").exit_code == 0


def test_approve_reject_and_an_export_that_is_logged(
    review: Review, held: list[Recipe], session: Session
) -> None:
    approved = review("approve", held[0].id[:8], "--reason", "false-alarm")
    assert approved.output == f"{held[0].id[:12]} approve by person:ada (false-alarm)\n"
    rejected = review(
        "reject", held[1].id[:8], "--reason", "other", "--note", "wrong laces", "--reviewer", "bob"
    )
    assert rejected.output == f"{held[1].id[:12]} reject by person:bob (other)\n"
    assert "0 waiting" in review("list").output
    exported = review("export").output
    assert len(exported.splitlines()) == 2
    assert "wrong laces" not in exported
    (seen,) = accesses.of(session, "decisions")
    assert (seen.actor, seen.what) == ("person:ada", "export")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("approve", "{id}", "--reason", "because"), "known: looks-right"),
        (("reject", "{id}", "--reason", "other"), "needs a note"),
        (("approve", "12", "--reason", "looks-right"), "at least 6 hex digits"),
        (("approve", "{id}", "--reason", "looks-right", "--reviewer", "a;b"), "no reviewer's name"),
    ],
)
def test_bad_input_is_a_refusal_and_decides_nothing(
    review: Review, held: list[Recipe], words: tuple[str, ...], says: str
) -> None:
    refused = review(*(word.format(id=held[0].id[:12]) for word in words))
    assert isinstance(refused.exception, WetplateError)
    assert says in str(refused.exception)
    assert "2 waiting" in review("list").output


def test_deciding_twice_exits_2_with_one_clear_line(
    review: Review, held: list[Recipe], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from wetplate.cli import main

    words = ["wetplate", "review", "approve", held[0].id[:12], "--reason", "looks-right"]
    review(*words[2:])
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2
    assert len(said) == 1
    assert "does not wait: person:ada decided approve" in said[0]


def test_the_help_lists_the_reasons(review: Review) -> None:
    assert "false-alarm" in review("approve", "--help").output
    assert "quality/garbled" in review("reject", "--help").output


def test_age() -> None:
    from datetime import timedelta

    assert [age(timedelta(seconds=s)) for s in (0, 59, 61, 7200, 200_000)] == [
        "0 s",
        "59 s",
        "1 min",
        "2 h",
        "2 d",
    ]

"""The catalog of families: what a file yields stands in the rows, once, and is told once."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from wetplate.errors import UnknownFamily
from wetplate.recipes import catalog
from wetplate.recipes.catalog import Registration, family_of, recipes_of, register
from wetplate.recipes.family import Family, expand, find
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage.database import transaction
from wetplate.storage.outbox import Event

GOLDEN = Path(__file__).parents[1] / "golden" / "recipes"


@pytest.fixture
def family(tmp_path: Path) -> Family:
    (tmp_path / "shoe").mkdir()
    (tmp_path / "shoe" / "family.toml").write_text((GOLDEN / "family.toml").read_text())
    return find(tmp_path, "shoe")


def with_laces(family: Family, *laces: str) -> Family:
    return replace(family, attributes={**family.attributes, "lace": laces})


def told(session: Session) -> list[tuple[str, str]]:
    return [(event.topic, event.key) for event in session.scalars(select(Event).order_by(Event.id))]


def test_the_first_time_everything_is_added_and_told(session: Session, family: Family) -> None:
    assert register(session, family) == Registration(added=4, retired=0, kept=0, changed=True)
    assert recipes_of(session, "shoe") == expand(family)
    assert family_of(session, "shoe") == family
    assert told(session) == [("family.registered", "shoe")]


def test_the_second_time_nothing_happens(session: Session, family: Family) -> None:
    register(session, family)
    assert register(session, family) == Registration(added=0, retired=0, kept=4, changed=False)
    assert told(session) == [("family.registered", "shoe")]


def test_what_is_no_longer_yielded_stays_but_is_not_current(session: Session, family: Family) -> None:
    register(session, family)
    done = register(session, with_laces(family, "white", "red"))
    assert done == Registration(added=2, retired=2, kept=2, changed=True)
    assert [recipe.variant["lace"] for recipe in recipes_of(session, "shoe")] == [
        "white",
        "white",
        "red",
        "red",
    ]
    assert session.scalar(select(func.count()).select_from(RecipeRow)) == 6


def test_what_returns_is_current_again(session: Session, family: Family) -> None:
    register(session, family)
    register(session, with_laces(family, "red"))
    assert register(session, family) == Registration(added=4, retired=2, kept=0, changed=True)
    assert recipes_of(session, "shoe") == expand(family)
    assert [topic for topic, _ in told(session)] == ["family.registered", "family.changed", "family.changed"]


def test_a_new_order_moves_positions_and_keeps_recipes(session: Session, family: Family) -> None:
    register(session, family)
    turned = with_laces(family, "black", "white")
    assert register(session, turned) == Registration(added=0, retired=0, kept=4, changed=True)
    assert recipes_of(session, "shoe") == expand(turned)


def test_families_do_not_meet(session: Session, family: Family) -> None:
    register(session, family)
    register(session, replace(family, slug="boot"))
    register(session, with_laces(family, "red"))
    assert len(recipes_of(session, "boot")) == 4


def test_an_unknown_family_names_the_registered_ones(session: Session, family: Family) -> None:
    register(session, family)
    for ask in (family_of, recipes_of):
        with pytest.raises(UnknownFamily, match="no such family is registered; registered: shoe"):
            ask(session, "boot")


def test_two_writers_at_once_register_once(database: Engine, family: Family) -> None:
    done: list[Registration] = []

    def write() -> None:
        with transaction(database) as session:
            done.append(register(session, family))

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(registration.added for registration in done) == [0, 0, 0, 4]
    with Session(database) as session:
        assert told(session) == [("family.registered", "shoe")]
        assert session.scalar(select(func.count()).select_from(FamilyRow)) == 1


def test_a_crash_before_the_commit_leaves_nothing(database: Engine, family: Family) -> None:
    def crash() -> None:
        with transaction(database) as session:
            register(session, family)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    with transaction(database) as session:
        assert register(session, family).added == 4


def test_more_recipes_than_one_statement_holds(session: Session, family: Family) -> None:
    laces = [f"shade {number}" for number in range(catalog.BATCH)]
    done = register(session, with_laces(family, *laces))
    assert done.added == 2 * catalog.BATCH
    assert register(session, with_laces(family, "white")).retired == 2 * catalog.BATCH

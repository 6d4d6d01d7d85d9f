"""The review queue: what waits, and exactly one decision each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted, a_policy
from tests.moderation.people import decide
from wetplate.errors import DecisionConflict, ImageUnknown, ModerationError
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog, queue
from wetplate.moderation.judge import judge
from wetplate.moderation.tables import VerdictRow
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import RecipeRow
from wetplate.storage import outbox
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@pytest.fixture
def held(session: Session, objects: MemoryObjects, painted: Callable[[int], list[Recipe]]) -> list[Recipe]:
    """Three images that wait for a person; committed."""
    recipes, policy = painted(3), a_policy()
    rows = catalog.unjudged(session, FAMILY, policy)
    catalog.record(session, judge(catalog.pending(objects, rows), [Scripted(0.7)], policy), FAMILY)
    session.commit()
    return recipes


def test_what_waits_says_why_since_when_and_what_was_seen(session: Session, held: list[Recipe]) -> None:
    waiting = queue.waiting(session)
    assert {each.recipe_id for each in waiting} == {recipe.id for recipe in held}
    first = waiting[0]
    assert first.reasons == ("eye: BAD 0.70, approved only below 0.50 (sexual/nudity)",)
    assert [signal.score for signal in first.signals] == [0.7]
    assert first.since.tzinfo is not None
    assert queue.waiting(session, "boots") == []
    assert len(queue.waiting(session, FAMILY)) == 3


def test_a_decision_is_a_row_an_event_and_out_of_the_queue(session: Session, held: list[Recipe]) -> None:
    judged = decide(session, held[0].id, "approve", "ada", "false-alarm", "a colour wheel")
    assert judged.decided_by == "person:ada"
    assert judged.reasons == ("false-alarm", "note: a colour wheel")
    in_force = catalog.in_force(session, FAMILY)[held[0].id]
    assert replace(in_force, signals=()) == judged
    assert held[0].id not in {each.recipe_id for each in queue.waiting(session)}
    (event,) = outbox.unhandled(session)
    assert (event.topic, event.key, event.payload["verdict"]) == ("review.decided", held[0].id, "approve")


def test_deciding_twice_says_who_was_first(session: Session, held: list[Recipe]) -> None:
    decide(session, held[0].id, "reject", "ada", "ip/logo")
    with pytest.raises(DecisionConflict, match="person:ada decided reject"):
        decide(session, held[0].id, "approve", "bob", "looks-right")


def test_what_was_never_judged_does_not_wait(
    session: Session, painted: Callable[[int], list[Recipe]]
) -> None:
    (recipe,) = painted(1)
    assert queue.waiting(session) == []
    with pytest.raises(DecisionConflict, match="has not been judged"):
        decide(session, recipe.id, "approve", "ada", "looks-right")
    with pytest.raises(DecisionConflict, match="has not been judged"):
        decide(session, "f" * 64, "approve", "ada", "looks-right")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ModerationError, match="reviewer's name"):
        queue.checked_name(name)


def test_sixteen_people_decide_at_once_and_one_row_is_written(database: Engine, held: list[Recipe]) -> None:
    def one(number: int) -> str:
        try:
            with transaction(database) as session:
                verdict, reason = (("approve", "looks-right"), ("reject", "ip/logo"))[number % 2]
                return decide(session, held[0].id, verdict, f"person{number}", reason).decided_by
        except DecisionConflict:
            return ""

    with ThreadPoolExecutor(16) as pool:
        done = [name for name in pool.map(one, range(16)) if name]
    assert len(done) == 1
    with transaction(database) as session:
        theirs = select(func.count()).where(
            VerdictRow.stream == held[0].id, VerdictRow.decided_by != "policy"
        )
        assert session.scalar(theirs) == 1
        assert [event.payload["decided_by"] for event in outbox.unhandled(session)] == done


def test_an_id_may_be_shortened_to_six_digits(session: Session, held: list[Recipe]) -> None:
    assert queue.find(session, held[1].id[:6]) == held[1].id
    assert queue.find(session, held[1].id) == held[1].id


@pytest.mark.parametrize("prefix", ["", "abcde", "ABCDEF", "zzzzzz", "%%%%%%", "a" * 65])
def test_what_is_no_id(session: Session, prefix: str) -> None:
    with pytest.raises(ImageUnknown, match="at least 6 hex digits"):
        queue.find(session, prefix)


def test_an_id_that_nothing_starts_with(session: Session, held: list[Recipe]) -> None:
    prefix = next(
        p for p in ("000000", "111111", "222222", "333333") if not any(r.id.startswith(p) for r in held)
    )
    with pytest.raises(ImageUnknown, match="no painting"):
        queue.find(session, prefix)


def test_an_ambiguous_id_lists_what_it_could_mean(session: Session, held: list[Recipe]) -> None:
    model = session.get_one(RecipeRow, held[0].id)
    painting = session.get_one(PaintingRow, held[0].id)
    for digit in "01":
        id = "abcdef" + digit * 58
        session.add(RecipeRow(id=id, family=FAMILY, position=9, variant={}, body=model.body))
        session.flush()
        columns = {
            name: getattr(painting, name) for name in ("sha256", "key", "bytes", "runtime", "model_files")
        }
        session.add(PaintingRow(recipe_id=id, seconds=0, run_id="r", **columns))
    session.flush()
    with pytest.raises(ImageUnknown, match="abcdef000000, abcdef111111"):
        queue.find(session, "abcdef")

"""Recording judgements: append-only, idempotent, and never over a person."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.moderation.conftest import FAMILY, Scripted, a_policy
from tests.moderation.people import decide
from wetplate.moderation import catalog, heard
from wetplate.moderation.judge import Judged, judge
from wetplate.moderation.policy import Policy
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import SignalRow, VerdictRow
from wetplate.recipes.recipe import Recipe
from wetplate.recipes.tables import RecipeRow
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.storage.chain import broken
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.outbox import Event

Paint = Callable[[int], list[Recipe]]
POLICY = a_policy()


def judged(
    session: Session, objects: MemoryObjects, policy: Policy = POLICY, eye: Scripted | None = None
) -> list[Judged]:
    """One round: what is unjudged under the policy, judged and recorded."""
    eye = eye or Scripted()
    rows = catalog.unjudged(session, FAMILY, policy, [eye])
    done = judge(catalog.pending(objects, rows), [eye], policy)
    catalog.record(session, done, FAMILY)
    return done


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_round_judges_everything_once(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    recipes = painted(3)
    done = judged(session, objects)
    assert [each.recipe_id for each in done] == [recipe.id for recipe in recipes]
    assert judged(session, objects) == []
    assert catalog.unjudged(session, FAMILY, POLICY) == []
    assert catalog.in_force(session, FAMILY) == {each.recipe_id: each for each in done}


def test_recording_twice_changes_nothing(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(2)
    done = judged(session, objects)
    rows = [count(session, table) for table in (VerdictRow, SignalRow, Event)]
    catalog.record(session, done, FAMILY)
    assert [count(session, table) for table in (VerdictRow, SignalRow, Event)] == rows


def test_a_block_that_comes_while_they_are_judged_stops_no_other(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    """Nothing of it is kept: the next round looks again, and knows of the block."""
    blocked, other = painted(2)
    eye = Scripted()
    done = judge(catalog.pending(objects, catalog.unjudged(session, FAMILY, POLICY, [eye])), [eye], POLICY)
    blocklist.block(session, Kind.RECIPE, blocked.id, "notice:1", "copyright", "test")
    (refusal,) = catalog.record(session, done, FAMILY)
    assert refusal.startswith(blocked.id[:12])
    assert set(catalog.in_force(session, FAMILY)) == {other.id}
    assert [row.recipe_id for row in session.scalars(select(SignalRow))] == [other.id]
    assert [each.recipe_id for each in judged(session, objects)] == [blocked.id]
    assert catalog.in_force(session, FAMILY)[blocked.id].verdict != "approve"


def test_the_pixels_and_the_prompt_reach_the_judge(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    (pending,) = catalog.pending(objects, catalog.unjudged(session, FAMILY, POLICY))
    assert pending.prompt == "clog number 0"
    assert pending.pixels.shape == (64, 64, 3)


def test_another_policy_judges_again_and_the_old_rows_stay(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    (recipe,) = painted(1)
    judged(session, objects)
    other = a_policy(sha256="6" * 64, required=("eye", "ear"))
    assert [each.verdict for each in judged(session, objects, other)] == ["review"]
    assert catalog.in_force(session, FAMILY)[recipe.id].verdict == "review"
    rows = session.scalars(select(VerdictRow).order_by(VerdictRow.position)).all()
    assert [row.verdict for row in rows] == ["approve", "review"]
    assert list(broken(rows)) == []


def test_a_detector_that_is_installed_later_judges_again(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    (recipe,) = painted(1)
    absent = Scripted(lambda _: [[Signal("eye", "not installed", "", None, "not installed")]])
    absent.revision = "not installed"
    assert [each.verdict for each in judged(session, objects, eye=absent)] == ["review"]
    assert [each.verdict for each in judged(session, objects, eye=absent)] == ["review"], "asked again"
    assert count(session, VerdictRow) == 1, "and the same answer adds nothing"
    assert [each.verdict for each in judged(session, objects, eye=Scripted())] == ["approve"]
    assert judged(session, objects, eye=Scripted()) == []
    in_force = catalog.in_force(session, FAMILY)[recipe.id]
    assert in_force.signals == (Signal("eye", "1", "BAD", 0.1, None, None, "sexual/nudity", 0.5, 0.9),)
    assert count(session, SignalRow) == 2


def test_a_person_is_never_overridden(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    (recipe,) = painted(1)
    judged(session, objects, eye=Scripted(0.7))
    decide(session, recipe.id, "reject", "ada", "quality/garbled")
    lenient = a_policy(sha256="7" * 64)
    assert catalog.unjudged(session, FAMILY, lenient, [Scripted(0.0, revision="9")]) == []
    row = catalog.in_force(session, FAMILY)[recipe.id]
    machine = replace(row, verdict="approve", decided_by="policy", policy_sha256="7" * 64, signals=())
    catalog.record(session, [machine], FAMILY)
    assert catalog.in_force(session, FAMILY)[recipe.id].decided_by == "person:ada"
    assert catalog.in_force(session, FAMILY)[recipe.id].verdict == "reject"


def test_a_verdict_on_other_bytes_is_not_in_force(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    (done,) = judged(session, objects)
    catalog.record(session, [replace(done, object_sha256="e" * 64)], FAMILY)
    assert catalog.in_force(session, FAMILY) == {}
    assert len(catalog.unjudged(session, FAMILY, POLICY)) == 1


def test_retired_recipes_are_not_judged(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    recipes = painted(2)
    session.get_one(RecipeRow, recipes[0].id).current = False
    session.flush()
    assert [row.recipe_id for row in catalog.unjudged(session, FAMILY, POLICY)] == [recipes[1].id]


def test_errors_are_kept_as_errors_and_not_as_scores(
    session: Session, objects: MemoryObjects, painted: Paint
) -> None:
    painted(1)
    judged(session, objects, eye=Scripted(RuntimeError("lens broken")))
    row = session.scalars(select(SignalRow)).one()
    assert (row.score, row.error) == (None, "RuntimeError: lens broken")
    assert heard.highest_scores(session, FAMILY) == []


def test_highest_scores_one_per_picture(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    painted(3)
    judged(session, objects, eye=Scripted(0.25))
    assert heard.highest_scores(session, FAMILY) == [0.25] * 3


def test_each_verdict_is_told(session: Session, objects: MemoryObjects, painted: Paint) -> None:
    (recipe,) = painted(1)
    judged(session, objects)
    event = session.scalars(select(Event)).one()
    assert (event.topic, event.key, event.family) == ("image.judged", recipe.id, FAMILY)
    assert event.payload["verdict"] == "approve"


@pytest.mark.parametrize("score", [0.1, 0.7])
def test_signals_of_a_score_come_back(
    session: Session, objects: MemoryObjects, painted: Paint, score: float
) -> None:
    painted(1)
    (done,) = judged(session, objects, eye=Scripted(score))
    assert catalog.in_force(session, FAMILY)[done.recipe_id] == done

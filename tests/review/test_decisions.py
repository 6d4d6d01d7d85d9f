"""Decisions: proposed, undone, counted once; two people where one is not enough."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.review.desk import ADA, ADMIN, BOB, EVE, ZOE, Desk
from tests.review.people import WRAPPING
from wetplate.errors import (
    DecisionConflict,
    LeaseLost,
    ModerationError,
    ObjectMissing,
    RoleRefused,
    StorageError,
)
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog, tasks
from wetplate.moderation.tables import TaskRow
from wetplate.recipes.family import find
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.review import app, appeals, bulk, counting, decisions
from wetplate.review.access import Person, Role
from wetplate.review.history import blind, history
from wetplate.review.second import Effect
from wetplate.review.tables import DecisionRow
from wetplate.settings import ROOT
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

UNDO = 10


def held(desk: Desk, person: Person, recipe_id: str, queue: str = "review") -> TaskRow:
    with transaction(desk.database) as session:
        task = tasks.of(session, queue, recipe_id)
        assert task is not None
        return tasks.take(session, task.id, person.id, now=desk.clock, seconds=600)


def propose(desk: Desk, task: TaskRow, person: Person, decision: str, reason: str, **more: object) -> TaskRow:
    with transaction(desk.database) as session:
        return decisions.propose(
            session, task.id, task.lease or 0, person, decision, reason, undo_seconds=UNDO, now=desk.clock,
            wrapping=WRAPPING, **more,  # type: ignore[arg-type]
        )  # fmt: skip


def commit(desk: Desk, after: float = UNDO) -> list[decisions.Outcome]:
    told = counting.count(desk.database, desk.objects, desk.clock + timedelta(seconds=after))
    ours = {recipe_id for recipe_id, _ in desk.images}
    return [outcome for outcome in told if outcome.subject in ours]


def test_a_decision_counts_when_its_time_to_undo_is_over(desk: Desk) -> None:
    recipe_id = desk.say(0)
    propose(desk, held(desk, ADA, recipe_id), ADA, "approve", "false-alarm", note="a colour wheel")
    assert commit(desk, UNDO - 1) == []
    assert desk.verdict(recipe_id) == ("review", "policy")
    (outcome,) = commit(desk)
    assert (outcome.effect, outcome.refusal) == (Effect.IN_FORCE, "")
    assert desk.verdict(recipe_id) == ("approve", f"person:{ADA.id}")
    with transaction(desk.database) as session:
        (row,) = decisions.of(session, recipe_id)
        assert (row.queue, row.round, row.decision, row.reason) == ("review", 1, "approve", "false-alarm")
        assert (row.reviewer, row.role) == (ADA.id, "reviewer")
        assert decisions.note(session, WRAPPING, row) == "a colour wheel"
    (event,) = desk.news()
    assert (event.topic, event.key) == ("review.decided", recipe_id)
    assert desk.open("review", recipe_id) is None
    assert commit(desk) == []


def test_undone_is_as_if_nothing_was_said(desk: Desk) -> None:
    recipe_id = desk.say(0)
    task = held(desk, ADA, recipe_id)
    propose(desk, task, ADA, "reject", "ip/logo")
    with transaction(desk.database) as session:
        back = decisions.undo(session, task.id, task.lease or 0, ADA, seconds=600, now=desk.clock)
    assert (back.proposed, back.commit_at, back.leased_by) == (None, None, ADA.id)
    assert commit(desk) == []
    propose(desk, back, ADA, "approve", "looks-right")
    commit(desk)
    assert desk.verdict(recipe_id)[0] == "approve"


def test_undo_comes_too_late(desk: Desk) -> None:
    recipe_id = desk.say(0)
    task = held(desk, ADA, recipe_id)
    propose(desk, task, ADA, "reject", "ip/logo")
    late = desk.clock + timedelta(seconds=UNDO)
    with transaction(desk.database) as session, pytest.raises(DecisionConflict, match="too late to undo"):
        decisions.undo(session, task.id, task.lease or 0, ADA, seconds=600, now=late)
    commit(desk)
    with transaction(desk.database) as session, pytest.raises(DecisionConflict, match="too late to undo"):
        decisions.undo(session, task.id, task.lease or 0, ADA, seconds=600, now=desk.clock)


def test_an_expired_hold_is_refused_politely_and_changes_nothing(desk: Desk) -> None:
    recipe_id = desk.say(0)
    task = held(desk, ADA, recipe_id)
    later = desk.clock + timedelta(seconds=601)
    with (
        transaction(desk.database) as session,
        pytest.raises(LeaseLost, match=r"ended at .* it is open again"),
    ):
        decisions.propose(
            session, task.id, task.lease or 0, ADA, "approve", "looks-right", undo_seconds=0, now=later
        )
    with transaction(desk.database) as session:
        tasks.take(session, task.id, BOB.id, now=later, seconds=600)
    with transaction(desk.database) as session, pytest.raises(LeaseLost, match="somebody else has"):
        decisions.propose(
            session, task.id, task.lease or 0, ADA, "approve", "looks-right", undo_seconds=0, now=later
        )
    assert desk.verdict(recipe_id) == ("review", "policy")


def test_nobody_decides_under_somebody_elses_number(desk: Desk) -> None:
    task = held(desk, ADA, desk.say(0))
    with pytest.raises(LeaseLost, match="somebody else has"):
        propose(desk, task, BOB, "approve", "looks-right")


@pytest.mark.parametrize(
    ("decision", "reason", "more", "says"),
    [
        ("approve", "ip/logo", {}, "no reason to approve"),
        ("reject", "other", {}, "needs a note"),
        ("uphold", "copyright", {}, "cannot be decided in the queue review"),
        ("redact", "privacy/face", {}, "which regions"),
        ("redact", "privacy/face", {"details": {"regions": [[0, 0, 0, 9]]}}, "is no region"),
        ("redact", "privacy/face", {"details": {"regions": [[0, 0, True, 9]]}}, "is no region"),
        ("approve", "looks-right", {"details": {"regions": [[0, 0, 5, 9]]}}, "takes no regions"),
    ],
)
def test_what_is_no_decision(
    desk: Desk, decision: str, reason: str, more: dict[str, object], says: str
) -> None:
    task = held(desk, ADA, desk.say(0))
    with pytest.raises(ModerationError, match=says):
        propose(desk, task, ADA, decision, reason, **more)


def test_showing_somebody_needs_a_legal_basis(desk: Desk) -> None:
    recipe_id = desk.say(0, slugs=("privacy/face",))
    task = held(desk, ADA, recipe_id)
    with pytest.raises(ModerationError, match="needs a legal basis"):
        propose(desk, task, ADA, "approve", "looks-right")
    propose(desk, task, ADA, "approve", "looks-right", details={"legal_basis": "synthetic-person"})
    commit(desk)
    with transaction(desk.database) as session:
        assert decisions.of(session, recipe_id)[0].details["legal_basis"] == "synthetic-person"


def test_skipping_gives_it_back_and_does_not_offer_it_again_at_once(desk: Desk) -> None:
    recipe_id = desk.say(0)
    task = held(desk, ADA, recipe_id)
    propose(desk, task, ADA, "skip", "unsure")
    assert desk.lease(ADA) is None
    assert desk.lease(BOB) is not None
    later = desk.clock + decisions.SKIPPED + timedelta(seconds=1)
    assert desk.lease(ADA, now=later) is not None
    with transaction(desk.database) as session:
        assert decisions.of(session, recipe_id) == []


def test_redacting_rejects_the_old_picture_and_makes_a_new_one(desk: Desk) -> None:
    recipe_id = desk.say(0, slugs=("privacy/face",))
    with transaction(desk.database) as session:
        session.get_one(FamilyRow, desk.family).definition = find(ROOT / "families", "rumba").definition()
    details = {"regions": [[8, 8, 16, 16]]}
    outcome = desk.decide(ADA, "review", recipe_id, "redact", "privacy/face", details=details)
    assert outcome.effect is Effect.IN_FORCE
    assert desk.verdict(recipe_id) == ("reject", f"person:{ADA.id}")
    with transaction(desk.database) as session:
        row = catalog.last_verdict(session, recipe_id)
        assert row is not None
        assert row.reasons[:2] == ["redacted", "privacy/face"]
        made = select(func.count()).where(RecipeRow.family == desk.family, RecipeRow.kind == "redaction")
        assert session.scalar(made) == 1


def test_what_cannot_count_goes_back_to_the_queue_and_says_why(desk: Desk) -> None:
    bad, good = desk.say(0), desk.say(1)
    propose(desk, held(desk, ADA, bad), ADA, "redact", "privacy/face", details={"regions": [[999, 0, 5, 5]]})
    propose(desk, held(desk, ADA, good), ADA, "approve", "looks-right")
    told = {outcome.subject: outcome for outcome in commit(desk)}
    assert (told[good].effect, told[bad].effect) == (Effect.IN_FORCE, None)
    task = desk.open("review", bad)
    assert task is not None
    assert (task.lease, task.refusal) == (None, told[bad].refusal)
    assert "covers nothing" in told[bad].refusal
    assert desk.verdict(bad) == ("review", "policy")


class Unwell(MemoryObjects):
    """A store that does not answer, or has lost what it held."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error

    def get(self, key: str) -> bytes:
        raise self.error(key)


@pytest.mark.parametrize("error", [StorageError, ObjectMissing])
def test_one_that_the_store_fails_keeps_no_other_from_counting(error: type[StorageError], desk: Desk) -> None:
    """Waits for a store that is away; goes back to the queue if another try would not help."""
    bad, good = desk.say(0), desk.say(1)
    with transaction(desk.database) as session:
        session.get_one(FamilyRow, desk.family).definition = find(ROOT / "families", "rumba").definition()
    propose(desk, held(desk, ADA, bad), ADA, "redact", "privacy/face", details={"regions": [[0, 0, 5, 5]]})
    propose(desk, held(desk, ADA, good), ADA, "approve", "looks-right")
    well, desk.objects = desk.objects, Unwell(error)
    told = {outcome.subject: outcome.refusal for outcome in commit(desk)}
    assert (told.pop(good), set(told)) == ("", {bad} if error is ObjectMissing else set())
    assert (desk.verdict(bad)[0], desk.verdict(good)[0]) == ("review", "approve")
    task = desk.open("review", bad)
    assert task is not None
    assert (task.proposed is None) is (error is ObjectMissing)
    desk.objects = well
    counted = [outcome.subject for outcome in commit(desk)]
    assert counted == ([] if error is ObjectMissing else [bad])


def test_a_picture_painted_again_meanwhile_is_another_one(desk: Desk) -> None:
    recipe_id = desk.say(0)
    propose(desk, held(desk, ADA, recipe_id), ADA, "approve", "looks-right")
    with transaction(desk.database) as session:
        session.get_one(PaintingRow, recipe_id).sha256 = "e" * 64
    (outcome,) = commit(desk)
    assert outcome.effect is None
    assert "painted again" in outcome.refusal
    assert desk.verdict(recipe_id) == ("review", "policy")


def test_roles(desk: Desk) -> None:
    plain, zero = desk.say(0), desk.say(1, slugs=("minor_safety",), restricted=True)
    assert desk.open("escalated", zero) is not None
    with pytest.raises(RoleRefused, match="senior"):
        desk.decide(ADA, "escalated", zero, "reject", "other", note="no")
    viewer = Person("r-00000000", Role.VIEWER, "")
    with pytest.raises(RoleRefused, match="reviewer"):
        desk.decide(viewer, "review", plain, "approve", "looks-right")
    assert desk.decide(ADMIN, "review", plain, "approve", "looks-right").effect is Effect.IN_FORCE


# Two people

Start = Callable[[Desk], tuple[str, str]]


def zero_tolerance(desk: Desk) -> tuple[str, str]:
    return desk.say(0, slugs=("minor_safety",), restricted=True), "escalated"


def machine_rejected(desk: Desk) -> tuple[str, str]:
    recipe_id = desk.say(0, "reject")
    with transaction(desk.database) as session:
        appeals.reconsider(session, recipe_id, ZOE, "the detector takes wheels for weapons")
    return recipe_id, "review"


def person_rejected(desk: Desk) -> tuple[str, str]:
    recipe_id = desk.say(0)
    desk.decide(ADA, "review", recipe_id, "reject", "ip/logo")
    with transaction(desk.database) as session:
        appeals.appeal(session, recipe_id, "operator", "it is our own logo")
    return recipe_id, "appeal"


STARTS = [zero_tolerance, machine_rejected, person_rejected]


@pytest.mark.parametrize("start", STARTS)
def test_an_override_waits_for_a_second_person(desk: Desk, start: Start) -> None:
    recipe_id, queue = start(desk)
    assert desk.decide(BOB, queue, recipe_id, "approve", "false-alarm").effect is Effect.SECOND
    assert desk.verdict(recipe_id) == ("review", f"person:{BOB.id}")
    with pytest.raises(DecisionConflict, match="somebody else"):
        desk.decide(BOB, "second", recipe_id, "approve", "false-alarm")
    desk.say(0, "approve", policy_sha256="6" * 64)
    assert desk.verdict(recipe_id)[0] == "review", "a machine approved what people have in hand"
    assert desk.decide(EVE, "second", recipe_id, "approve", "looks-right").effect is Effect.IN_FORCE
    assert desk.verdict(recipe_id) == ("approve", f"person:{EVE.id}")
    assert desk.open("second", recipe_id) is None


@pytest.mark.parametrize("start", STARTS)
def test_two_who_disagree_are_decided_between_by_a_third(desk: Desk, start: Start) -> None:
    recipe_id, queue = start(desk)
    desk.decide(BOB, queue, recipe_id, "approve", "false-alarm")
    assert desk.decide(EVE, "second", recipe_id, "reject", "ip/logo").effect is Effect.ESCALATED
    assert desk.verdict(recipe_id)[0] == "review"
    for same in (BOB, EVE):
        with pytest.raises(DecisionConflict, match="somebody else"):
            desk.decide(same, "escalated", recipe_id, "approve", "looks-right")
    assert desk.decide(ADMIN, "escalated", recipe_id, "approve", "looks-right").effect is Effect.IN_FORCE
    assert desk.verdict(recipe_id) == ("approve", f"person:{ADMIN.id}")


def test_the_second_person_is_blind(desk: Desk) -> None:
    recipe_id, queue = zero_tolerance(desk)
    desk.decide(BOB, queue, recipe_id, "approve", "false-alarm")
    with transaction(desk.database) as session:
        task = tasks.of(session, "second", recipe_id)
        seen = {person.id: history(session, recipe_id, person, task) for person in (EVE, BOB, ADMIN)}
        assert blind(session, recipe_id)
    assert [entry.by for entry in seen[EVE.id]] == [entry.by for entry in seen[ADMIN.id]] == ["policy"]
    assert [entry.decision for entry in seen[BOB.id]] == ["review", "approve"]
    desk.decide(EVE, "second", recipe_id, "reject", "ip/logo")
    with transaction(desk.database) as session:
        told = [(entry.by, entry.decision) for entry in history(session, recipe_id, ADMIN)]
    assert told == [("policy", "review"), (BOB.id, "approve"), (EVE.id, "reject")]


def test_rejecting_needs_nobody_else_unless_it_overturns_a_person(desk: Desk) -> None:
    zero, _ = zero_tolerance(desk)
    assert desk.decide(BOB, "escalated", zero, "reject", "minor_safety").effect is Effect.IN_FORCE
    recipe_id = desk.say(1)
    desk.decide(ADA, "review", recipe_id, "approve", "looks-right")
    with transaction(desk.database) as session:
        appeals.appeal(session, recipe_id, "operator", "that is a competitor's logo")
    assert desk.decide(BOB, "appeal", recipe_id, "reject", "ip/logo").effect is Effect.SECOND
    with pytest.raises(DecisionConflict, match="somebody else"):
        desk.decide(Person(ADA.id, Role.SENIOR, ""), "second", recipe_id, "approve", "looks-right")


def test_escalating_asks_a_senior_without_deciding(desk: Desk) -> None:
    recipe_id = desk.say(0)
    assert desk.decide(ADA, "review", recipe_id, "escalate", "policy-unclear").effect is Effect.ESCALATED
    assert desk.verdict(recipe_id)[0] == "review"
    assert desk.decide(BOB, "escalated", recipe_id, "approve", "looks-right").effect is Effect.IN_FORCE


def test_reopening_is_another_round(desk: Desk) -> None:
    recipe_id = desk.say(0)
    desk.decide(ADA, "review", recipe_id, "approve", "looks-right")
    with transaction(desk.database) as session:
        with pytest.raises(RoleRefused):
            appeals.reconsider(session, recipe_id, ADA, "hm")
        with pytest.raises(ModerationError, match="say why"):
            appeals.reconsider(session, recipe_id, BOB, " ")
        task = appeals.reconsider(session, recipe_id, BOB, "the shape is off")
        assert (task.queue, task.round, task.why) == ("review", 2, "the shape is off")
    assert desk.verdict(recipe_id)[0] == "approve", "asking changes nothing"
    with pytest.raises(DecisionConflict, match="somebody else than whoever decided"):
        desk.decide(ADA, "review", recipe_id, "reject", "quality/garbled")
    assert desk.decide(BOB, "review", recipe_id, "approve", "looks-right").effect is Effect.IN_FORCE
    with transaction(desk.database) as session:
        assert [(row.round, row.reviewer) for row in decisions.of(session, recipe_id)] == [
            (1, ADA.id),
            (2, BOB.id),
        ]


def test_what_waits_cannot_be_appealed(desk: Desk) -> None:
    with transaction(desk.database) as session, pytest.raises(DecisionConflict, match="not decided yet"):
        appeals.appeal(session, desk.say(0), "operator", "why not")


def test_bulk_approval_is_for_harmless_audit_samples(desk: Desk) -> None:
    fine, suspect, plain = desk.say(0, audit=True), desk.say(1, audit=True, slugs=("ip/logo",)), desk.say(2)
    with transaction(desk.database) as session:
        queues = {fine: "audit", suspect: "audit", plain: "review"}
        ids = [task.id for subject, queue in queues.items() if (task := tasks.of(session, queue, subject))]
        told = {
            outcome.subject: outcome
            for outcome in bulk.approve(
                session, desk.objects, ids, ADA, "looks-right", "spot check", wrapping=WRAPPING
            )
        }
    assert told[fine].effect is Effect.IN_FORCE
    assert "go together" in told[suspect].refusal
    assert "go together" in told[plain].refusal
    assert desk.verdict(fine) == ("approve", f"person:{ADA.id}")
    assert desk.verdict(suspect)[0] == desk.verdict(plain)[0] == "review"


# Races


def test_sixteen_people_want_the_same_task_and_one_decision_counts(desk: Desk) -> None:
    recipe_id = desk.say(0)
    task = desk.open("review", recipe_id)
    assert task is not None

    def one(number: int) -> bool:
        person = Person(f"r-{number:08x}", Role.REVIEWER, "")
        try:
            with transaction(desk.database) as session:
                what = (("approve", "looks-right"), ("reject", "ip/logo"))[number % 2]
                decisions.at_once(session, desk.objects, task.id, person, *what)
                return True
        except DecisionConflict:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(16))) == 1
    with transaction(desk.database) as session:
        assert len(decisions.of(session, recipe_id)) == 1
    assert len(desk.news()) == 1


def test_a_fault_of_ours_stops_neither_the_others_nor_the_console(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that raises what nobody foresaw; the console looks again, and again."""
    bad, good = desk.say(0), desk.say(1)
    with transaction(desk.database) as session:
        session.get_one(FamilyRow, desk.family).definition = find(ROOT / "families", "rumba").definition()
    propose(desk, held(desk, ADA, bad), ADA, "redact", "privacy/face", details={"regions": [[0, 0, 5, 5]]})
    propose(desk, held(desk, ADA, good), ADA, "approve", "looks-right")
    desk.objects = Unwell(ZeroDivisionError)
    assert [outcome.subject for outcome in commit(desk)] == [good]
    assert desk.verdict(bad) == ("review", "policy")
    assert "for a fault of ours" in caplog.text
    looks = count(1)

    def look(_: Any) -> None:
        if next(looks) == 3:
            ended.set()
        raise ZeroDivisionError

    async def watched() -> None:
        chore = asyncio.create_task(app._keep(look, None, 0.001))  # type: ignore[arg-type]
        await asyncio.wait_for(asyncio.to_thread(ended.wait, 5), 5)
        chore.cancel()

    ended = threading.Event()
    asyncio.run(watched())
    assert next(looks) > 3


def test_committers_that_race_make_a_decision_count_once(desk: Desk) -> None:
    for number in range(3):
        propose(desk, held(desk, ADA, desk.say(number)), ADA, "approve", "looks-right")
    with ThreadPoolExecutor(4) as pool:
        told = [outcome for found in pool.map(lambda _: commit(desk), range(4)) for outcome in found]
    assert sorted(outcome.subject for outcome in told if outcome.effect) == sorted(
        recipe_id for recipe_id, _ in desk.images
    )
    with transaction(desk.database) as session:
        rows = select(func.count()).where(DecisionRow.stream.in_([id for id, _ in desk.images]))
        assert session.scalar(rows) == 3
        assert session.scalar(select(func.count()).where(TaskRow.family == desk.family, tasks.OPEN)) == 0

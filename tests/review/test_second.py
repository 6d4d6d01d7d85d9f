"""When one person's decision is not enough: pure rules."""

import pytest

from wetplate.errors import ModerationError
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Person, Role
from wetplate.review.reasons import OF_APPEALS, OF_NOTICES, decisions, reasons
from wetplate.review.rights import LEAST, allowed, least, queues
from wetplate.review.second import Effect, First, Standing, excluded, follows, overturned

ADA, BOB = "person:ada", "person:bob"
MACHINE_REJECTED = Standing("reject", "policy")
BOB_APPROVED, BOB_REJECTED = Standing("approve", BOB), Standing("reject", BOB)
WAITS = Standing("review", "policy")
QUARANTINE = Standing("review", "policy", restricted=True)
DOWN = Standing(withdrawn=True)
FIRST = First(7, "bob", "review", "approve")


@pytest.mark.parametrize(
    ("queue", "decision", "standing", "effect"),
    [
        ("review", "approve", WAITS, Effect.IN_FORCE),
        ("review", "reject", WAITS, Effect.IN_FORCE),
        ("review", "redact", QUARANTINE, Effect.IN_FORCE),
        ("review", "escalate", MACHINE_REJECTED, Effect.ESCALATED),
        ("review", "approve", MACHINE_REJECTED, Effect.SECOND),
        ("review", "reject", MACHINE_REJECTED, Effect.IN_FORCE),
        ("audit", "reject", Standing("approve", "policy"), Effect.IN_FORCE),
        ("escalated", "approve", QUARANTINE, Effect.SECOND),
        ("escalated", "reject", QUARANTINE, Effect.IN_FORCE),
        ("appeal", "reject", BOB_APPROVED, Effect.SECOND),
        ("appeal", "redact", BOB_APPROVED, Effect.SECOND),
        ("appeal", "approve", BOB_REJECTED, Effect.SECOND),
        ("appeal", "approve", BOB_APPROVED, Effect.IN_FORCE),
        ("appeal", "reject", Standing("approve", ADA), Effect.IN_FORCE),
        ("takedown", "refuse", DOWN, Effect.SECOND),
        ("takedown", "uphold", DOWN, Effect.IN_FORCE),
        ("takedown", "refuse", Standing(), Effect.IN_FORCE),
        ("appeal", "uphold", DOWN, Effect.IN_FORCE),
        ("appeal", "refuse", DOWN, Effect.IN_FORCE),
        ("second", "approve", Standing("review", BOB, first=FIRST), Effect.IN_FORCE),
        ("second", "reject", Standing("review", BOB, first=FIRST), Effect.ESCALATED),
        ("second", "approve", QUARANTINE, Effect.SECOND),
        ("escalated", "approve", Standing("review", BOB, True, first=FIRST), Effect.IN_FORCE),
        ("escalated", "reject", Standing("review", BOB, True, first=FIRST), Effect.IN_FORCE),
    ],
)
def test_what_follows(queue: str, decision: str, standing: Standing, effect: Effect) -> None:
    assert follows(queue, decision, standing, ADA) is effect


def test_zero_tolerance_is_never_approved_by_one_person_whatever_the_queue() -> None:
    for queue in tasks.QUEUES:
        for verdict in ("approve", "review", "reject", ""):
            standing = Standing(verdict, "policy", restricted=True)
            assert follows(queue, "approve", standing, ADA) is Effect.SECOND


def test_whose_verdict_is_overturned() -> None:
    assert overturned(BOB_APPROVED, "reject", ADA) == BOB
    assert overturned(BOB_APPROVED, "redact", ADA) == BOB
    assert overturned(BOB_APPROVED, "approve", ADA) == ""
    assert overturned(BOB_APPROVED, "reject", BOB) == "", "one may correct oneself"
    assert overturned(WAITS, "reject", ADA) == ""


def test_neither_the_first_nor_the_overturned_decides_next() -> None:
    assert excluded(WAITS, "approve", "ada") == ["ada"]
    assert excluded(BOB_APPROVED, "reject", "ada") == ["ada", "bob"]
    assert excluded(Standing("review", BOB, first=FIRST), "reject", "ada") == ["ada", "bob"]


@pytest.mark.parametrize("role", list(Role))
def test_who_may_decide_where(role: Role) -> None:
    person = Person("r-00000000", role, "")
    may = {
        Role.VIEWER: (),
        Role.REVIEWER: ("review", "audit"),
        Role.SENIOR: tasks.QUEUES,
        Role.ADMIN: tasks.QUEUES,
    }[role]
    assert set(queues(person)) == set(may)
    for queue in tasks.QUEUES:
        task = TaskRow(queue=queue, subject="s", restricted=False, excluded=[], closed_at=None)
        assert bool(allowed(task, person)) == (queue in may)
        task.restricted = True
        assert bool(allowed(task, person)) == (role >= Role.SENIOR)
        task.excluded = [person.id]
        assert allowed(task, person) == ()


def test_the_least_role() -> None:
    assert set(LEAST) == set(tasks.QUEUES)
    assert least("review") is Role.REVIEWER
    assert least("review", restricted=True) is Role.SENIOR


@pytest.mark.parametrize("queue", tasks.QUEUES)
@pytest.mark.parametrize("subject", ["", "notice:1"])
def test_every_decision_has_its_reasons(queue: str, subject: str) -> None:
    for decision in decisions(queue, subject):
        known = reasons(queue, decision, subject)
        assert known
        assert all(known.values())
        legal = (subject == "notice:1" and queue != "appeal") or queue == "takedown"
        assert ("other" in known) == (decision == "skip" or not legal)


def test_a_second_opinion_is_given_in_the_words_of_the_first_queue() -> None:
    assert decisions("second", "notice:1", "appeal") == OF_APPEALS
    assert decisions("second", "notice:1", "takedown") == OF_NOTICES
    assert "mistake" in reasons("second", "uphold", "notice:1", "appeal")
    assert "copyright" in reasons("second", "uphold", "notice:1", "takedown")


@pytest.mark.parametrize(
    ("queue", "decision", "says"),
    [("inbox", "approve", "no queue"), ("second", "redact", "known"), ("escalated", "escalate", "known")],
)
def test_what_cannot_be_decided(queue: str, decision: str, says: str) -> None:
    with pytest.raises(ModerationError, match=says):
        reasons(queue, decision)

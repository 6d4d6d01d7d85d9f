"""What leaves says what was decided, and no name; figures are right; what is restricted is seen on record."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from tests.review.desk import ADMIN, BOB, EVE, ZOE, Desk
from tests.review.people import WRAPPING, add
from wetplate.cli import review as terminal
from wetplate.cli import takedown
from wetplate.errors import ModerationError, ReviewError
from wetplate.moderation import tasks, worklist
from wetplate.recipes.tables import RecipeRow
from wetplate.review import accesses, appeals, exports, operator
from wetplate.review.access import Person, Role
from wetplate.review.agreement import Rate, kappa, rates
from wetplate.review.tables import DecisionRow
from wetplate.storage.chain import broken
from wetplate.storage.database import now, transaction


def lines(desk: Desk) -> list[dict[str, object]]:
    ours = {recipe_id for recipe_id, _ in desk.images}
    with transaction(desk.database) as session:
        told = [json.loads(line) for line in exports.lines(session)]
    return [each for each in told if each["stream"] in ours]


def test_an_export_has_pseudonyms_and_no_name(desk: Desk, catalog: Engine) -> None:
    known = Person(add(catalog, Role.SENIOR, "grace-hopper"), Role.SENIOR, "")
    by_hand, overturned, plain = (desk.say(number) for number in range(3))
    with transaction(catalog) as session:
        operator.decide(
            session, desk.objects, by_hand, "approve", "Ada Lovelace", "other", "ask Ada Lovelace about it",
            wrapping=WRAPPING,
        )  # fmt: skip
        operator.decide(session, desk.objects, overturned, "approve", "Ada Lovelace", "looks-right")
        appeals.appeal(session, overturned, "operator", "that is not ours")
    desk.decide(known, "appeal", overturned, "reject", "ip/logo")
    desk.decide(known, "review", plain, "approve", "looks-right")
    told = lines(desk)
    assert [each["reviewer"] for each in told] == ["operator", "operator", known.id, known.id]
    assert [each["noted"] for each in told] == [True, False, False, False]
    assert told[2]["details"] == {"effect": "second", "overturns": "person:operator"}
    for name in ("Ada", "Lovelace", "grace", "hopper"):
        assert name not in json.dumps(told)


def test_no_free_word_leaves_whatever_stands_in_a_row() -> None:
    words = "ask Grace Hopper, grace@example.org"
    kept = {"slug": "ip/logo", "effect": "in-force", "regions": [[1, 2, 3, 4]], "images": ["a"]}
    row = DecisionRow(
        id=1, stream="notice:1", position=1, hash="h", at=now(), queue="takedown", round=1, object_sha256="",
        decision="uphold", reason="copyright", note=words, reviewer=words, role="admin", lease=1,
        details={**kept, "facts": words, "overturns": f"person:{words}", "new": {"any": [words]}},
    )  # fmt: skip
    told = exports.exported(row, frozenset())
    assert told["details"] == kept | {"overturns": "person:operator"}
    for name in ("Grace", "Hopper", "grace@"):
        assert name not in json.dumps(told)


def test_nobody_at_a_command_line_passes_for_a_reviewer() -> None:
    for name in (BOB.id, BOB.id.upper(), f"{BOB.id} "):
        for named in (operator.named, terminal.named, takedown.actor):
            with pytest.raises(ModerationError, match="pseudonym"):
                named(name)
    assert operator.named("r-bob").id == "r-bob"


def test_since_leaves_out_what_is_older(desk: Desk) -> None:
    desk.decide(BOB, "review", desk.say(0), "approve", "looks-right")
    with transaction(desk.database) as session:
        assert list(exports.lines(session, now() + timedelta(days=1))) == []


def test_figures(desk: Desk) -> None:
    since = now()
    for number, answers in enumerate([("approve", "approve"), ("approve", "reject")]):
        recipe_id = desk.say(number, slugs=("minor_safety",), restricted=True)
        desk.decide(BOB, "escalated", recipe_id, answers[0], "false-alarm")
        reason = "looks-right" if answers[1] == "approve" else "ip/logo"
        desk.decide(EVE, "second", recipe_id, answers[1], reason)
    desk.decide(ADMIN, "escalated", desk.images[1][0], "reject", "ip/logo")
    recipe_id = desk.say(2)
    desk.decide(ZOE, "review", recipe_id, "approve", "looks-right")
    with transaction(desk.database) as session:
        appeals.reconsider(session, recipe_id, ZOE, "I was wrong")
    for person, queue in ((EVE, "review"), (BOB, "second")):
        desk.decide(person, queue, recipe_id, "reject", "quality/garbled")
    with transaction(desk.database) as session:
        found = exports.figures(session, since)
    assert found.decisions == {"approve": 4, "reject": 4}
    assert found.pairs == 3
    assert found.kappa == pytest.approx(0.4)
    assert found.overturned_detectors == {"eye 1": Rate(2, 4)}
    assert found.overturned_reviewers == {"operator": Rate(1, 4)}
    assert found.first_decision is not None
    assert 0 <= found.first_decision[0] <= found.first_decision[1] < 60


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("a", "a")], None),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: 0.7 observed, 0.5 by chance
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
    ],
)
def test_kappa(pairs: list[tuple[str, str]], expected: float | None) -> None:
    assert kappa(pairs) == (expected if expected is None else pytest.approx(expected))


def test_rates() -> None:
    told = rates([("b", True), ("a", False), ("b", False)])
    assert (list(told), told["b"].share, Rate(0, 0).share) == (["a", "b"], 0.5, None)


def test_who_looked_is_on_record(desk: Desk) -> None:
    recipe_id = desk.images[0][0]
    with transaction(desk.database) as session:
        accesses.saw(session, recipe_id, BOB.actor, "pixels", " deciding ")
        accesses.saw(session, recipe_id, EVE.actor, "export", "asked by the authority")
        with pytest.raises(ReviewError, match="known: pixels"):
            accesses.saw(session, recipe_id, EVE.actor, "everything", "why not")
    with transaction(desk.database) as session:
        rows = accesses.of(session, recipe_id)
        assert [(row.actor, row.what, row.why) for row in rows] == [
            (BOB.actor, "pixels", "deciding"),
            (EVE.actor, "export", "asked by the authority"),
        ]
        assert not list(broken(rows))


def test_the_operator_is_bound_by_two_person_rules(desk: Desk) -> None:
    recipe_id = desk.say(0, slugs=("minor_safety",), restricted=True)
    with transaction(desk.database) as session:
        first = operator.decide(session, desk.objects, recipe_id, "approve", "ada", "false-alarm")
    assert first.effect == "second"
    assert desk.verdict(recipe_id)[0] == "review"


# The list of what waits


def test_what_is_older_than_the_list_is_put_on_it(desk: Desk) -> None:
    plain, zero = desk.say(0), desk.say(1, slugs=("minor_safety",), restricted=True)
    with transaction(desk.database) as session:
        for subject in (plain, zero):
            tasks.close(session, subject)
        assert worklist.sync(session, desk.family, most=1) == (1, 0)
        assert worklist.sync(session, desk.family) == (1, 0)
        assert worklist.sync(session, desk.family) == (0, 0)
        again, escalated = tasks.of(session, "review", plain), tasks.of(session, "escalated", zero)
        assert again is not None
        assert again.round == 2
        assert escalated is not None
        assert (escalated.restricted, escalated.slugs) == (True, ["minor_safety"])


def test_a_dropped_recipe_is_no_work_until_it_returns(desk: Desk) -> None:
    recipe_id = desk.say(0)
    for current, found in ((False, (0, 1)), (True, (1, 0))):
        with transaction(desk.database) as session:
            session.get_one(RecipeRow, recipe_id).current = current
            session.flush()
            assert worklist.sync(session, desk.family) == found


def test_the_machine_moves_and_closes_only_what_it_opened(desk: Desk) -> None:
    recipe_id = desk.say(0)
    desk.say(0, restricted=True, policy_sha256="6" * 64)
    assert desk.open("review", recipe_id) is None
    assert desk.open("escalated", recipe_id) is not None
    desk.say(0, "approve", policy_sha256="7" * 64)
    assert desk.open("escalated", recipe_id) is None
    with transaction(desk.database) as session:
        appeals.reconsider(session, recipe_id, BOB, "are those laces?")
    desk.say(0, "reject", policy_sha256="8" * 64)
    assert desk.open("review", recipe_id) is not None

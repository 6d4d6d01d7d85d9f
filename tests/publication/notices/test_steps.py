"""The full product of states and steps, under every outcome: what is legal is drawn here a second time."""

from itertools import product

import pytest

from wetplate.errors import NoticeStep
from wetplate.publication.notices.steps import Outcome, Standing, State, Step, after, second, steps, topic

DRAWN = """
received      acknowledge -> acknowledged
received      withdraw    -> withdrawn
received      duplicate   -> duplicate
received      abusive     -> abusive
acknowledged  triage      -> triaged
acknowledged  withdraw    -> withdrawn
acknowledged  duplicate   -> duplicate
acknowledged  abusive     -> abusive
triaged       decide      -> decided
triaged       withdraw    -> withdrawn
triaged       duplicate   -> duplicate
triaged       abusive     -> abusive
withdrawn     decide      -> decided
decided       execute     -> executed
executed      verify      -> verified
verified      notify      -> notified
notified      close       -> closed
notified      counter     -> countered
notified      appeal      -> appealed
closed        counter     -> countered
closed        appeal      -> appealed
countered     sue         -> closed
countered     reinstate   -> reinstated
appealed      confirm     -> notified
appealed      reverse     -> reversed
reversed      reinstate   -> reinstated
reversed      decide      -> decided
reinstated    close       -> closed
"""
EDGES = {(line.split()[0], line.split()[1]): line.split()[3] for line in DRAWN.split("\n") if line}
TAKEN = {Outcome.UPHELD, Outcome.PARTIAL}


def sense(standing: Standing, step: Step) -> bool:
    """What the drawing cannot say: which edges an outcome, or what happened before, closes."""
    down = standing.outcome in TAKEN
    if step in (Step.COUNTER, Step.REINSTATE):
        return down and not (step is Step.COUNTER and standing.countered)
    if step is Step.APPEAL:
        return not standing.appealed and not (standing.state is State.CLOSED and standing.outcome is None)
    return not (step is Step.DECIDE and standing.state is State.REVERSED and down)


STANDINGS = [
    Standing(state, outcome, countered, appealed)
    for state, outcome, countered, appealed in product(State, [None, *Outcome], (False, True), (False, True))
]


def test_every_step_from_every_state() -> None:
    for standing, step in product(STANDINGS, Step):
        target = EDGES.get((standing.state, step)) if sense(standing, step) else None
        assert (step in steps(standing)) == (target is not None), (standing, step)
        if target is not None:
            assert after(standing, step) == target
            continue
        with pytest.raises(NoticeStep, match=f"the notice is {standing.state}"):
            after(standing, step)


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {State.RECEIVED, *(State(target) for target in EDGES.values())}
    assert reached == set(State)
    left = {State(state) for state, _ in EDGES}
    assert {state for state in State if state not in left} == {State.DUPLICATE, State.ABUSIVE}
    assert all(state in left or state.over for state in State)


def test_every_state_has_its_sentence_and_its_news() -> None:
    assert len({state.meaning for state in State}) == len(State)
    assert topic(State.DECIDED) == "notice.decided"


def test_who_decided_before_decides_no_appeal() -> None:
    second("person:b", {"person:a"})
    with pytest.raises(NoticeStep, match="somebody else"):
        second("person:a", {"person:a", "person:b"})

"""The machine, whole: every state with every move."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import (
    DryRunImage,
    IllegalMove,
    NeverPublished,
    NotWithdrawn,
    TakedownPending,
    UnknownReason,
    Unready,
    WithdrawnImage,
)
from wetplate.publication import states
from wetplate.publication.states import REASONS, Move, Standing, State, after

# Rows: states. Columns: publish, unpublish, supersede, take_down, reinstate.
TABLE = {
    State.DRAFT: ["published", NeverPublished, NeverPublished, "withdrawn", "draft"],
    State.PUBLISHED: ["published", "hidden", "superseded", "withdrawn", NotWithdrawn],
    State.HIDDEN: ["published", "hidden", NeverPublished, "withdrawn", NotWithdrawn],
    State.SUPERSEDED: ["published", "hidden", "superseded", "withdrawn", NotWithdrawn],
    State.WITHDRAWN: [WithdrawnImage, WithdrawnImage, WithdrawnImage, "withdrawn", "draft"],
}


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_every_state_with_every_move(state: State, move: Move) -> None:
    expected = TABLE[state][list(Move).index(move)]
    if isinstance(expected, str):
        assert after(state, move) == expected
    else:
        with pytest.raises(expected, match=str(state) if state != State.WITHDRAWN else "reinstate it first"):
            after(state, move)


@given(st.lists(st.sampled_from(Move), max_size=12))
def test_only_reinstating_leads_out_of_withdrawn_and_only_publishing_out_to_the_public(
    path: list[Move],
) -> None:
    state = State.DRAFT
    for move in path:
        before = state
        try:
            state = after(state, move)
        except IllegalMove:
            continue
        if before == State.WITHDRAWN != state:
            assert (move, state) == (Move.REINSTATE, State.DRAFT)
        if state == State.PUBLISHED != before:
            assert move == Move.PUBLISH


@pytest.mark.parametrize("state", State)
def test_each_state_says_what_is_true_of_the_bytes(state: State) -> None:
    assert state.true_of_the_bytes.endswith(".")


def test_what_is_public() -> None:
    assert [state for state in State if state.public] == [State.PUBLISHED, State.SUPERSEDED]


def test_only_a_takedown_raises_the_version() -> None:
    assert [move for move in Move if states.raises_version(move)] == [Move.TAKE_DOWN]


@pytest.mark.parametrize("move", [Move.TAKE_DOWN, Move.REINSTATE])
def test_reasons_are_a_closed_list(move: Move) -> None:
    for code in REASONS[move]:
        assert states.reason(move, code) == code
    with pytest.raises(UnknownReason, match=next(iter(REASONS[move]))):
        states.reason(move, "because")


def test_what_is_ready_passes() -> None:
    states.ready(Standing(painter="diffusers", recorded=True, missing=[]))


@pytest.mark.parametrize(
    ("standing", "refusal", "says"),
    [
        (Standing("fake", True, []), DryRunImage, "fake painter"),
        (Standing("diffusers", False, []), Unready, "provenance"),
        (Standing("diffusers", True, ["320.avif", "placeholder"]), Unready, r"320\.avif, placeholder"),
    ],
)
def test_what_is_not_ready_is_refused(standing: Standing, refusal: type[Exception], says: str) -> None:
    with pytest.raises(refusal, match=says):
        states.ready(standing)


def test_a_takedown_under_way_blocks_reinstating() -> None:
    states.executed(pending=False)
    with pytest.raises(TakedownPending, match="takedown"):
        states.executed(pending=True)

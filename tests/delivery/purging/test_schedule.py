"""When to purge again: soon at first, at least every five minutes, and once more when all has arrived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.caching import RULES
from wetplate.delivery.edge.vcl import Edge
from wetplate.delivery.purging.schedule import LONGEST, SETTLING, TOPICS, backoff
from wetplate.errors import SettingError
from wetplate.publication.states import LEGAL, TARGET, TOPIC, State
from wetplate.settings import STALEST, serving

EDGE = Edge("http://127.0.0.1:1", "x")


@given(st.integers(0, 10_000))
def test_the_wait_grows_and_is_bounded(attempts: int) -> None:
    assert 0.1 <= backoff(attempts).total_seconds() <= backoff(attempts + 1).total_seconds() <= 300


def test_no_cache_keeps_anything_longer_than_we_care() -> None:
    shared = [rule.shared.fresh + rule.shared.stale for rule in RULES.values() if rule.shared]
    assert max(shared) < LONGEST.total_seconds()
    assert EDGE.longest_seconds < LONGEST.total_seconds()


def test_the_second_purge_waits_for_everything_that_can_be_under_way() -> None:
    """A fetch that began before, and an origin that has heard nothing and not noticed yet."""
    under_way = EDGE.fetch_seconds + STALEST
    assert SETTLING.total_seconds() > EDGE.mark_seconds > under_way


def test_no_origin_may_be_deaf_for_longer_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WETPLATE_STALENESS", str(STALEST))
    assert serving().staleness == STALEST
    monkeypatch.setenv("WETPLATE_STALENESS", str(STALEST + 1))
    with pytest.raises(SettingError, match="purged for the last time"):
        serving()


def test_whatever_leaves_the_public_is_purged_and_nothing_else() -> None:
    taken = {
        TOPIC[move]
        for state, moves in LEGAL.items()
        for move in moves
        if state.public and not TARGET[move].public
    }
    assert taken == set(TOPICS)
    assert {state for state in State if state.public} == {State.PUBLISHED, State.SUPERSEDED}

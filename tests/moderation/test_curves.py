"""Intervals and curves: how much few samples say, and which thresholds they allow."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.moderation.curves import BOUNDS, PRECISE, THRESHOLDS, Sample, curve
from wetplate.moderation.intervals import bounded, needed, wilson


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        (0, 0, 0, 1),
        (0, 10, 0, 0.2775),
        (10, 10, 0.7225, 1),
        (3, 10, 0.1078, 0.6032),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson_s_interval(found: int, of: int, low: float, high: float) -> None:
    """Values of the published formula, to four digits."""
    assert wilson(found, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 300), st.integers(1, 300))
def test_an_interval_holds_its_share_and_narrows_with_more(found: int, of: int) -> None:
    found = min(found, of)
    low, high = wilson(found, of)
    assert 0 <= low <= found / of <= high <= 1
    wide, narrow = high - low, wilson(4 * found, 4 * of)
    assert narrow[1] - narrow[0] < wide


def test_how_many_bad_samples_a_bound_needs() -> None:
    assert [needed(bound) for bound in BOUNDS] == [149, 299, 598, 2995]
    assert all(bounded(needed(bound)) <= bound < bounded(needed(bound) - 1) for bound in BOUNDS)
    assert bounded(0) == 1


def samples(bad: list[float], good: list[float]) -> list[Sample]:
    scored = [(score, True) for score in bad] + [(score, False) for score in good]
    return [Sample(f"{n:064x}", score, is_bad) for n, (score, is_bad) in enumerate(scored)]


def test_a_point_counts_what_lies_on_either_side() -> None:
    found = curve("BAD", "sexual/nudity", samples([0.2, 0.5, 0.9], [0.1, 0.5]))
    point = next(each for each in found.points if each.threshold == 0.5)
    assert (point.caught, point.alarms, point.missed) == (2, 1, 1)
    assert point.precision is not None
    assert point.precision[0] == pytest.approx(2 / 3)
    assert point.recall is not None
    assert point.recall[0] == pytest.approx(2 / 3)
    assert (found.bad, found.good, found.lowest_bad) == (3, 2, 0.2)


def test_few_samples_allow_nothing_however_good_they_look() -> None:
    perfect = curve("BAD", "sexual/nudity", samples([0.95] * 72, [0.05] * 72))
    assert perfect.reject_from is None
    assert [perfect.approve_below(bound) for bound in BOUNDS] == [None] * 4


def test_enough_samples_allow_to_reject_from_where_the_bad_begin() -> None:
    found = curve("BAD", "sexual/nudity", samples([0.7] * 73 + [0.32], [0.3] * 500))
    assert found.reject_from == 0.35
    assert math.isclose(found.lowest_bad or 0, 0.32)


def test_an_approve_threshold_needs_its_bad_samples() -> None:
    found = curve("BAD", "sexual/nudity", samples([0.6] * 298 + [0.4], []))
    assert [found.approve_below(bound) for bound in BOUNDS] == [0.4, 0.4, None, None]
    assert found.may_miss <= 0.01


def test_nothing_decided_allows_nothing() -> None:
    empty = curve("BAD", "sexual/nudity", [])
    assert (empty.reject_from, empty.lowest_bad, empty.may_miss) == (None, None, 1.0)
    assert all(point.precision is None and point.recall is None for point in empty.points)


@given(st.lists(st.floats(0, 1), max_size=30), st.lists(st.floats(0, 1), max_size=30))
def test_what_a_curve_allows_was_measured(bad: list[float], good: list[float]) -> None:
    found = curve("BAD", "sexual/nudity", samples(bad, good))
    assert [point.threshold for point in found.points] == list(THRESHOLDS)
    for point in found.points:
        assert point.caught + point.missed == len(bad)
        if point.threshold == found.reject_from:
            assert point.precision is not None
            assert point.precision[1] >= PRECISE
    misses = [point.missed for point in found.points]
    assert misses == sorted(misses)

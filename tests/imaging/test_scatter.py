"""A plot shows every point, inside its frame, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetplate.imaging.codec import decode
from wetplate.imaging.scatter import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, scatter

POINTS = st.lists(st.tuples(st.floats(0.01, 1e9), st.floats(-300, 100)), max_size=9)


def drawn(*points: tuple[float, float]) -> np.ndarray:
    """Where the first kind's colour is, without the legend."""
    sheet = decode(scatter({"one": points}, across="x", up="y"))
    ys, xs = np.nonzero((sheet[TOP - 3 :] == COLOURS[0]).all(2))
    return np.stack([xs, ys + TOP - 3])


@settings(max_examples=15)
@given(POINTS, POINTS)
def test_always_the_same_size(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> None:
    assert decode(scatter({"one": one, "other": other}, across="x", up="y")).shape == (HEIGHT, WIDTH, 3)


@settings(max_examples=15)
@given(POINTS.filter(len))
def test_points_lie_inside_the_frame(points: list[tuple[float, float]]) -> None:
    xs, ys = drawn(*points)
    assert xs.size
    assert LEFT - 3 <= xs.min() <= xs.max() <= WIDTH - RIGHT + 3
    assert TOP - 3 <= ys.min() <= ys.max() <= HEIGHT - BOTTOM + 3


def test_more_is_further_right_and_higher_and_equal_factors_are_equal_steps() -> None:
    near, middle, far = (drawn((100, 80), (size, score), (10_000, 90)) for size, score in
                         ((100, 80), (1_000, 85), (10_000, 90)))  # fmt: skip
    assert near.shape == far.shape < middle.shape
    columns = np.unique(middle[0])
    gaps = np.flatnonzero(np.diff(columns) > 1)
    assert len(gaps) == 2
    starts = columns[[0, *(gaps + 1)]]
    assert starts[1] - starts[0] == pytest.approx(starts[2] - starts[1], abs=1)
    assert middle[1][middle[0] < starts[1]].min() > middle[1][middle[0] >= starts[2]].max()

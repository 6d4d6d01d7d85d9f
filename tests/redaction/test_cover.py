"""Covering: all inside goes, nothing outside changes, and nothing of what was there shapes the result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import RedactionError
from wetplate.generation.fake import waves
from wetplate.redaction.cover import FILL, LEAST, MOST, Region, areas, cover, fill

WIDTH, HEIGHT = 64, 48
PICTURE = waves("5" * 64, WIDTH, HEIGHT)

regions = st.lists(
    st.tuples(st.integers(-9, 60), st.integers(-9, 44), st.integers(10, 30), st.integers(10, 20)),
    min_size=1,
    max_size=3,
)


@given(regions)
def test_inside_is_one_colour_and_outside_is_as_it_was(asked: list[Region]) -> None:
    inside = np.zeros((HEIGHT, WIDTH), bool)
    for x, y, wide, tall in areas(asked, WIDTH, HEIGHT):
        inside[y : y + tall, x : x + wide] = True
    covered = cover(PICTURE, asked)
    assert (covered[inside] == FILL).all()
    np.testing.assert_array_equal(covered[~inside], PICTURE[~inside])
    for x, y, wide, tall in asked:
        assert inside[max(0, y) : y + tall, max(0, x) : x + wide].all()


@given(regions)
def test_order_repetition_and_what_was_there_make_no_difference(asked: list[Region]) -> None:
    once = cover(PICTURE, asked)
    np.testing.assert_array_equal(cover(once, asked), once)
    np.testing.assert_array_equal(cover(PICTURE, [*reversed(asked), *asked]), once)
    exact = areas(asked, WIDTH, HEIGHT)
    np.testing.assert_array_equal(fill(fill(PICTURE, exact), exact), once)
    other = PICTURE.copy()
    for x, y, wide, tall in exact:
        other[y : y + tall, x : x + wide] = 255 - other[y : y + tall, x : x + wide]
    np.testing.assert_array_equal(cover(other, asked), once)


def test_a_region_is_padded_and_cut_at_the_edges() -> None:
    assert areas([(20, 20, 10, 10)], WIDTH, HEIGHT) == [
        (20 - LEAST, 20 - LEAST, 10 + 2 * LEAST, 10 + 2 * LEAST)
    ]
    assert areas([(0, 0, 50, 10), (60, 40, 50, 50)], WIDTH, HEIGHT) == [(0, 0, 54, 12), (56, 36, 8, 12)]


def test_what_another_region_covers_is_not_told_twice() -> None:
    assert areas([(10, 10, 20, 20), (12, 12, 4, 4)], WIDTH, HEIGHT) == areas(
        [(10, 10, 20, 20)], WIDTH, HEIGHT
    )


def test_transparency_goes_and_the_picture_given_stays_as_it_is() -> None:
    clear = np.dstack([PICTURE, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    before = clear.copy()
    assert cover(clear, [(1, 1, 5, 5)]).shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(clear, before)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "0 regions"),
        ([(1, 1, 2, 2)] * (MOST + 1), "expected 1 to 100"),
        ([(1, 1, 2)], "is no region"),
        ([(1, 1, 2.5, 2)], "is no region"),
        ([(1, 1, True, 2)], "is no region"),
        ([(1, 1, 0, 2)], "covers nothing"),
        ([(64, 1, 5, 5)], "covers nothing"),
        ([(-5, 1, 5, 5)], "covers nothing"),
        ([(0, 0, 64, 47)], "reject it instead"),
        ([(0, 0, 32, 48), (30, 0, 34, 48)], "100%"),
    ],
)
def test_what_cannot_be_covered_is_refused(asked: list[Region], says: str) -> None:
    with pytest.raises(RedactionError, match=says):
        areas(asked, WIDTH, HEIGHT)

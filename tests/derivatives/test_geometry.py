"""Which part of a picture goes where, over every size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.derivatives.transforms import shapes
from wetplate.derivatives.geometry import Box, cropped, inside, padded
from wetplate.derivatives.transform import RATIOS, Shape, layout, size

SIDES = st.integers(1, 9000)


@given(shapes(), SIDES, SIDES)
def test_invariants(shape: Shape, width: int, height: int) -> None:
    found = layout(shape, width, height)
    assert size(shape, width, height) == found.size
    assert min(found.size) >= 1
    assert found.size[0] <= shape.width
    assert _within(found.taken, (width, height))
    assert _within(found.placed, found.size)
    assert found.placed.width <= found.taken.width, "enlarged"
    assert found.placed.height <= found.taken.height, "enlarged"


@given(shapes(), SIDES, SIDES)
def test_nothing_is_stretched_by_more_than_rounding(shape: Shape, width: int, height: int) -> None:
    placed, taken = layout(shape, width, height).placed, layout(shape, width, height).taken
    assert abs(placed.width * taken.height - placed.height * taken.width) <= taken.width + taken.height


@given(st.sampled_from(RATIOS), SIDES, SIDES)
def test_a_crop_touches_two_opposite_sides_and_a_canvas_the_picture(
    ratio: tuple[int, int], width: int, height: int
) -> None:
    part = cropped(2048, ratio, (50, 50), (width, height)).taken
    assert part.width == width or part.height == height
    placed = padded(2048, ratio, (width, height))
    assert placed.placed.width >= placed.size[0] - 1 or placed.placed.height >= placed.size[1] - 1


def test_inside_keeps_proportions_and_never_enlarges() -> None:
    assert inside(640, (1024, 768)).size == (640, 480)
    assert inside(2048, (1024, 768)).size == (1024, 768)
    assert inside(64, (9000, 1)).size == (64, 1)


@pytest.mark.parametrize(
    ("focus", "left"), [((0, 50), 0), ((10, 50), 0), ((50, 50), 300), ((60, 50), 400), ((100, 50), 600)]
)
def test_the_focal_point_is_as_near_the_middle_as_the_borders_allow(
    focus: tuple[int, int], left: int
) -> None:
    found = cropped(320, (4, 5), focus, (1000, 500))
    assert found.taken == Box(left, 0, 400, 500)
    assert found.size == (320, 400)


def test_a_crop_of_a_small_picture_is_small() -> None:
    assert cropped(2048, (1, 1), (50, 50), (1000, 500)).size == (500, 500)


def test_a_canvas_holds_the_whole_picture_in_its_middle() -> None:
    found = padded(640, (1, 1), (1000, 500))
    assert found.size == (640, 640)
    assert found.placed == Box(0, 160, 640, 320)
    assert padded(2048, (1, 1), (1000, 500)).size == (1000, 1000)
    assert padded(2048, (1, 1), (1000, 500)).placed == Box(0, 250, 1000, 500)


def test_a_canvas_that_rounding_made_higher_enlarges_nothing() -> None:
    found = padded(2048, (9, 16), (5, 10))
    assert found.size == (6, 11)
    assert found.placed == Box(0, 0, 5, 10)


def _within(box: Box, of: tuple[int, int]) -> bool:
    corner = (box.left + box.width, box.top + box.height)
    return min(box.left, box.top) >= 0 and corner[0] <= of[0] and corner[1] <= of[1]

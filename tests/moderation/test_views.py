"""Views: whole frame and tiles, and where what is found in them lies in the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.moderation.views import boxes, placed, views


def test_a_small_picture_is_shown_once() -> None:
    assert boxes(2000, 511) == [(0, 0, 2000, 511)]


@given(st.integers(512, 3000), st.integers(512, 3000))
def test_tiles_cover_the_whole_and_overlap(width: int, height: int) -> None:
    whole, *tiles = boxes(width, height)
    assert whole == (0, 0, width, height)
    assert len(tiles) == 4
    assert {(x == 0, y == 0) for x, y, _, _ in tiles} == {
        (a, b) for a in (True, False) for b in (True, False)
    }
    for x, y, w, h in tiles:
        assert x + w in (w, width)
        assert y + h in (h, height)
        assert (2 * w > width, 2 * h > height) == (True, True)


def test_a_view_shows_what_lies_in_its_box() -> None:
    picture = np.arange(600 * 520 * 3, dtype=np.uint32).astype(np.uint8).reshape(600, 520, 3)
    for view, (x, y, w, h) in zip(views(picture), boxes(520, 600), strict=True):
        assert view.shape == (h, w, 3)
        assert (view[0, 0] == picture[y, x]).all()


@pytest.mark.parametrize(
    ("found", "there"),
    [
        ((1.4, 2.6, 3.2, 1.0), (101, 202, 4, 2)),
        ((-5, -5, 10, 10), (100, 200, 5, 5)),
        ((45, 35, 100, 100), (145, 235, 5, 5)),
        ((0, 0, 50, 40), (100, 200, 50, 40)),
    ],
)
def test_what_is_found_in_a_tile_is_told_in_pixels_of_the_whole(
    found: tuple[float, float, float, float], there: tuple[int, int, int, int]
) -> None:
    assert placed(*found, (100, 200, 50, 40)) == there

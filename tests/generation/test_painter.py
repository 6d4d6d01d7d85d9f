"""The check that every painting passes."""

import numpy as np
import pytest

from wetplate.errors import BlankPainting
from wetplate.generation.painter import checked
from wetplate.recipes.recipe import ModelRef, Recipe

RECIPE = Recipe("f", {}, "p", "", ModelRef("m", "r"), "Euler", 1, "1", 0, width=4, height=2)


def test_floats_are_clipped_and_rounded() -> None:
    values = np.zeros((2, 4, 3), np.float32)
    values[0, 0] = [0.5, 1.5, -1]
    assert checked(values, RECIPE)[0, 0].tolist() == [128, 255, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(bad: float) -> None:
    values = np.random.default_rng(0).random((2, 4, 3))
    values[1, 1, 1] = bad
    with pytest.raises(BlankPainting, match="NaN"):
        checked(values, RECIPE)


def test_one_colour_is_refused() -> None:
    with pytest.raises(BlankPainting, match="one colour"):
        checked(np.full((2, 4, 3), 7, np.uint8), RECIPE)


def test_another_shape_is_refused() -> None:
    with pytest.raises(BlankPainting, match="shape"):
        checked(np.zeros((4, 4, 3), np.uint8), RECIPE)

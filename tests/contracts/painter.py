"""What every Painter promises.

Subclass it and give two fixtures: `painter`, and `recipes` (three, alike but for prompt and seed).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wetplate.generation.painter import Painter
from wetplate.recipes.recipe import Recipe


class PainterContract:
    def test_one_painting_per_recipe_in_order(self, painter: Painter, recipes: Sequence[Recipe]) -> None:
        assert [painting.recipe.id for painting in painter.paint(recipes)] == [r.id for r in recipes]

    def test_pixels_are_a_picture_of_the_asked_size(
        self, painter: Painter, recipes: Sequence[Recipe]
    ) -> None:
        for painting in painter.paint(recipes):
            assert painting.pixels.shape == (painting.recipe.height, painting.recipe.width, 3)
            assert painting.pixels.dtype == np.uint8
            assert len(np.unique(painting.pixels)) > 8

    def test_the_same_recipe_gives_the_same_pixels(self, painter: Painter, recipes: Sequence[Recipe]) -> None:
        first, again = (next(iter(painter.paint(recipes[:1]))) for _ in range(2))
        np.testing.assert_array_equal(first.pixels, again.pixels)

    def test_a_picture_does_not_depend_on_its_neighbours(
        self, painter: Painter, recipes: Sequence[Recipe]
    ) -> None:
        together = list(painter.paint(recipes))
        backwards = list(painter.paint(list(reversed(recipes))))[::-1]
        for one, other in zip(together, backwards, strict=True):
            np.testing.assert_array_equal(one.pixels, other.pixels)

    def test_another_seed_gives_another_picture(self, painter: Painter, recipes: Sequence[Recipe]) -> None:
        other = replace(recipes[0], seed=recipes[0].seed + 1000)
        one, two = painter.paint([recipes[0], other])
        assert (one.pixels != two.pixels).any()

    def test_runtime_files_and_seconds_are_recorded(
        self, painter: Painter, recipes: Sequence[Recipe]
    ) -> None:
        painting = next(iter(painter.paint(recipes)))
        assert all(len(digest) == 64 for digest in painting.model_files.values())
        assert painting.model_files
        assert painting.runtime.batch >= 1
        assert painting.runtime.threads >= 1
        assert painting.seconds >= 0

    def test_nothing_to_paint_is_no_error(self, painter: Painter) -> None:
        assert list(painter.paint([])) == []

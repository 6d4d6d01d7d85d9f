"""The fake keeps the port's promises, and is refused where it has no business."""

import pytest

from tests.contracts.painter import PainterContract
from wetplate.errors import FakePainterRefused
from wetplate.generation.fake import FakePainter, waves
from wetplate.recipes.recipe import ModelRef, Recipe


class TestFakePainter(PainterContract):
    @pytest.fixture
    def painter(self) -> FakePainter:
        return FakePainter(allowed=True)

    @pytest.fixture
    def recipes(self) -> list[Recipe]:
        model = ModelRef("none", "sha256:" + "0" * 64)
        return [Recipe("f", {"n": n}, n, "", model, "Euler", 1, "1", 7, 48, 32) for n in "abc"]


def test_refused_unless_allowed() -> None:
    with pytest.raises(FakePainterRefused, match="WETPLATE_DRY_RUN"):
        FakePainter(allowed=False)


def test_waves_differ_between_recipes_and_are_the_same_everywhere() -> None:
    assert (waves("00" * 32, 16, 16) != waves("ff" * 32, 16, 16)).any()
    assert waves("0123456789abcdef" * 4, 64, 64)[::21, ::21].sum(axis=2).tolist() == GOLDEN


GOLDEN = [[311, 441, 573, 502], [567, 426, 284, 264], [239, 318, 472, 582], [495, 549, 385, 219]]

"""The contact sheet shows pairs, and walks through all attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.rehydration import family
from wetplate.rehydration import originals

pytest.importorskip("diffusers")


@pytest.fixture
def eight(tmp_path: Path) -> originals.Originals:
    return originals.read(family.write(tmp_path / "originals"), family.SIDE)


def test_a_choice_touches_every_value(eight: originals.Originals) -> None:
    from wetplate.rehydration import contact_sheet

    indices = contact_sheet.chosen(eight, 6)
    assert len(set(indices)) == 6
    assert {eight.attributes[i]["place"] for i in indices} == {"high", "low"}
    assert {eight.attributes[i]["square"] for i in indices} == set(family.COLOURS)


def test_the_recalled_picture_stands_under_its_original(eight: originals.Originals) -> None:
    from wetplate.rehydration import contact_sheet

    recalled = [255 - eight.pixels[i] for i in (0, 3)]
    paper = np.asarray(contact_sheet.sheet(eight, recalled, [0, 3], {3}))
    side = family.SIDE
    assert np.array_equal(paper[:side, :side], eight.pixels[0])
    assert np.array_equal(paper[side : 2 * side, side : 2 * side], recalled[1])

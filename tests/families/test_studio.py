"""The studio of the Rumba: same call, same picture; a colour changes its part, a pattern the geometry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from families.rumba import shoe, studio

SIZE = 128


def far_from(mask: NDArray[np.float32], reach: int) -> NDArray[np.bool_]:
    """Pixels with no coverage within `reach` pixels."""
    near = np.zeros(mask.shape, bool)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            near |= np.roll(mask > 0.01, (dy, dx), axis=(0, 1))
    return ~near


GOLDEN = {
    "yellow-navy-crisscross": ([182.8, 183.1, 180.9], [55.6, 53.4, 55.9]),
    "white-gum-bar": ([190.7, 188.2, 187.1], [40.9, 44.6, 49.7]),
}


@pytest.mark.parametrize("variant", GOLDEN)
def test_the_picture_is_the_one_we_know(variant: str) -> None:
    """A golden in numbers: mean and spread per channel; reviewed when the shoe changes."""
    lace, sole, lacing = variant.split("-")
    picture = studio.render(lace, sole, lacing, SIZE).astype(float)
    mean, spread = GOLDEN[variant]
    assert picture.mean((0, 1)) == pytest.approx(mean, abs=0.1)
    assert picture.std((0, 1)) == pytest.approx(spread, abs=0.1)


def test_the_same_call_is_the_same_picture() -> None:
    first = studio.render("red", "gum", "bar", SIZE)
    studio.exposure.cache_clear()
    assert np.array_equal(first, studio.render("red", "gum", "bar", SIZE))


def test_materials_are_seeded() -> None:
    assert np.array_equal(shoe.mottle(0.01, 3), shoe.mottle(0.01, 3))


@pytest.mark.parametrize("lacing", studio.LACINGS)
def test_masks_hold_something_and_do_not_overlap(lacing: str) -> None:
    lace, sole = (studio.mask(part, lacing, SIZE) for part in studio.PARTS)
    assert lace.mean() > 0.02
    assert sole.mean() > 0.05
    assert float((lace * sole).max()) < 0.01


def test_the_pattern_is_no_recolouring() -> None:
    cross, bar = (studio.mask("lace", lacing, SIZE) for lacing in ("crisscross", "bar"))
    either, both = np.maximum(cross, bar).sum(), np.minimum(cross, bar).sum()
    assert both / either < 0.8
    assert np.allclose(studio.mask("sole", "bar", SIZE), studio.mask("sole", "crisscross", SIZE))


def test_a_lace_colour_stays_with_the_laces() -> None:
    one, other = (studio.render(lace, "white", "bar", SIZE).astype(int) for lace in ("black", "yellow"))
    change = np.abs(one - other).max(-1)
    lace = studio.mask("lace", "bar", SIZE)
    assert change[lace > 0.9].mean() > 60
    assert change[far_from(lace, 8)].max() <= 2, "bounce ends within 8 of 128 pixels"


def test_a_sole_colour_bounces_but_faintly() -> None:
    one, other = (studio.render("red", sole, "bar", SIZE).astype(int) for sole in ("black", "yellow"))
    change = np.abs(one - other).max(-1)
    sole = studio.mask("sole", "bar", SIZE)
    assert change[sole > 0.9].mean() > 60
    assert 2 < change[far_from(sole, 1)].max() < 60


def test_colours_of_a_list_are_clearly_distinct() -> None:
    for colours in (studio.LACES, studio.SOLES):
        rgb = np.array(list(colours.values()), float)
        apart = np.linalg.norm(rgb[:, None] - rgb[None], axis=-1) + 1e3 * np.eye(len(rgb))
        assert apart.min() > 45


def test_an_unknown_value_is_refused_by_name() -> None:
    with pytest.raises(studio.UnknownVariant, match="mauve"):
        studio.render("mauve", "white", "bar", SIZE)
    with pytest.raises(studio.UnknownVariant, match="ladder"):
        studio.render("red", "white", "ladder", SIZE)
    with pytest.raises(studio.UnknownVariant, match="tongue"):
        studio.mask("tongue", "bar", SIZE)


def test_the_folder_names_every_variant_once(tmp_path: Path) -> None:
    assert studio.write(tmp_path, 32) == 128
    rows = [json.loads(line) for line in (tmp_path / "originals.jsonl").read_text().splitlines()]
    assert len({row["file"] for row in rows}) == 128
    assert all((tmp_path / row["file"]).is_file() for row in rows)
    assert rows[0]["file"] == "white-white-crisscross.png"
    with Image.open(tmp_path / rows[0]["masks"]["lace"]) as mask:
        assert mask.size == (32, 32)

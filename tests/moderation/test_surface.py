"""Empty pictures and noise, told by arithmetic; and the views that detectors get."""

import numpy as np
import pytest

from wetplate.generation.fake import waves
from wetplate.moderation.bands import band
from wetplate.moderation.policy import load
from wetplate.moderation.surface import Surface, empty, noise
from wetplate.moderation.views import views

BLANK = np.full((64, 64, 3), 250, np.uint8)
NOISE = np.random.default_rng(5).integers(0, 256, (64, 64, 3), np.uint8)
WAVES = waves("7" * 64, 64, 64)


def test_measures() -> None:
    assert (empty(BLANK), noise(BLANK)) == (1.0, 0.0)
    assert empty(NOISE) < 0.01
    assert noise(NOISE) == pytest.approx(1, abs=0.02)
    assert noise(np.zeros((1, 1, 3), np.uint8)) == 0


@pytest.mark.parametrize(("picture", "verdict"), [(BLANK, "review"), (NOISE, "review"), (WAVES, "approve")])
def test_the_shipped_thresholds_tell_them_apart(picture: np.ndarray, verdict: str) -> None:
    policy = load("product")
    bands = [band(signal, policy).band for signal in Surface().classify([picture])[0]]
    assert max(bands) == verdict


def test_a_small_picture_is_shown_whole() -> None:
    assert [view.shape for view in views(WAVES)] == [(64, 64, 3)]


def test_a_large_picture_is_shown_whole_and_in_overlapping_tiles() -> None:
    picture = np.arange(512 * 600 * 3, dtype=np.uint32).astype(np.uint8).reshape(512, 600, 3)
    whole, *tiles = views(picture)
    assert (whole == picture).all()
    assert [tile.shape for tile in tiles] == [(307, 360, 3)] * 4
    np.testing.assert_array_equal(tiles[3], picture[-307:, -360:])


def test_noise_in_one_corner_of_a_large_picture_is_found_and_placed() -> None:
    picture = np.full((600, 800, 3), 200, np.uint8)
    picture[320:, 420:] = np.random.default_rng(1).integers(0, 256, (280, 380, 3), np.uint8)
    _, said = Surface().classify([picture])[0]
    assert said.region == (320, 240, 480, 360)
    assert said.score is not None
    assert said.score > noise(picture) + 0.05

"""Our SSIMULACRA2 beside the Python package it follows, and what must hold without any other."""

import io

import numpy as np
import pytest
from skimage import data
from ssimulacra2 import compute_ssimulacra2

from wetplate.errors import ImageError
from wetplate.imaging import compare
from wetplate.imaging.codec import PNG, Encoding, decode, encode
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.resize import downscale
from wetplate.imaging.ssimulacra2 import LEAST, Reference, scales, terms

CAT, CUP = data.chelsea(), data.coffee()
DROP = np.ascontiguousarray(data.rocket()[:, 200:440])


def worsened(pixels: Pixels, format: str, quality: int) -> Pixels:
    return decode(encode(pixels, Encoding(format, quality)))


def theirs(one: Pixels, other: Pixels) -> float:
    return float(compute_ssimulacra2(*(io.BytesIO(encode(each, PNG)) for each in (one, other))))


@pytest.mark.parametrize(
    ("picture", "width", "format", "qualities"),
    [
        (CUP, 327, "avif", [55]),  # 327 × 218: two strips, odd sides
        (CAT, 128, "webp", [20, 85]),
        (CAT, 101, "jpeg", [10, 60, 95]),
        (CUP, 61, "avif", [30, 70]),
        (DROP, 90, "webp", [60]),
        (CUP, 16, "jpeg", [50]),  # 16 × 11: two scales
    ],
)
def test_as_the_package(picture: Pixels, width: int, format: str, qualities: list[int]) -> None:
    small = downscale(picture, width)
    reference = Reference(small)
    for quality in qualities:
        other = worsened(small, format, quality)
        assert reference.score(other) == pytest.approx(theirs(small, other), abs=0.02)


def test_equal_pictures_are_100() -> None:
    for picture in (CAT, downscale(CAT, 12), np.zeros((8, 300, 3), np.uint8)):
        assert Reference(picture).score(picture.copy()) == 100


def test_a_reference_is_used_again() -> None:
    small = downscale(CAT, 130)
    reference = Reference(small)
    others = [worsened(small, "jpeg", quality) for quality in (20, 50, 80, 95)]
    scores = [reference.score(other) for other in others]
    assert scores == sorted(scores)
    assert scores == [compare.ssimulacra2(small, other) for other in others]
    assert [reference.score(other) for other in others] == scores


def test_what_looks_worse_scores_less() -> None:
    reference = Reference(CAT)
    blurred = np.asarray(np.round((CAT.astype(float) + np.roll(CAT, 1, 1)) / 2), np.uint8)
    brighter = np.clip(CAT.astype(int) + 2, 0, 255).astype(np.uint8)
    assert 100 > reference.score(brighter) > reference.score(blurred) > reference.score(255 - CAT)
    assert reference.score(255 - CAT) < 0


def test_a_picture_that_is_not_opaque_lies_on_white() -> None:
    alpha = np.full((*CAT.shape[:2], 1), 128, np.uint8)
    clear = np.concatenate([CAT, alpha], axis=2)
    assert Reference(clear).score(clear) == 100
    assert compare.ssimulacra2(clear, np.concatenate([CAT, alpha // 2], axis=2)) < 50


@pytest.mark.parametrize(
    ("height", "width", "count"), [(8, 900, 1), (15, 15, 2), (127, 128, 5), (256, 256, 6)]
)
def test_scales(height: int, width: int, count: int) -> None:
    assert scales(height, width) == count
    assert scales(9000, 9000) == 6


def test_the_finest_and_the_coarsest_scale_of_a_large_picture() -> None:
    assert {term.channel for term in terms(0, 6)} == {1}
    assert terms(5, 6) == ()


def test_refusals() -> None:
    with pytest.raises(ImageError, match=f"needs {LEAST} px a side, got 7 × 20"):
        Reference(np.zeros((20, 7, 3), np.uint8))
    with pytest.raises(ImageError, match="cannot be compared"):
        Reference(CAT).score(CAT[1:])

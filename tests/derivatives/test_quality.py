"""The smallest file that looks good enough: the search on any curve, then on pictures and in rows."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin
from skimage import data
from sqlalchemy.orm import Session

from tests.derivatives.images import clear_picture, flat_picture, image
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.derivatives.quality import CODECS, FLOOR, MOST, NEAR, SCORER, Judge, find, following, start
from wetplate.imaging import ssimulacra2
from wetplate.imaging.codec import Encoding, decode, encode
from wetplate.imaging.pixels import Pixels, opaque
from wetplate.imaging.resize import downscale
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.storage.memory import MemoryObjects

CAT = downscale(data.chelsea(), 96)
NAMES = ["avif", "webp", "jpeg"]


def template(format: str, target: float = 80) -> Encoding:
    return Encoding(format, start(format, "4:2:0", target))


def stripes() -> Pixels:
    """Red and green lines one pixel wide: halving the chroma turns them brown."""
    drawn = np.zeros((64, 64, 3), np.uint8)
    drawn[:, 0::2] = (230, 20, 30)
    drawn[:, 1::2] = (20, 160, 40)
    return drawn


# the search, on curves


def walked(curve: list[float], begin: int, target: float, ceiling: int) -> dict[int, float]:
    """What the search asks of a curve of scores by quality."""
    scores: dict[int, float] = {}
    quality: int | None = begin
    while quality is not None:
        assert quality not in scores
        assert FLOOR <= quality <= ceiling
        scores[quality] = curve[quality]
        assert len(scores) <= MOST
        quality = following(scores, target, ceiling)
    return scores


CURVES = st.lists(st.floats(0, 3), min_size=101, max_size=101).map(lambda steps: list(np.cumsum(steps) - 40))
NOISY = st.lists(st.floats(-200, 100), min_size=101, max_size=101)


@given(CURVES | NOISY, st.integers(FLOOR, 90), st.floats(30, 95))
def test_it_ends_soon_and_looks_at_the_ceiling_before_giving_up(
    curve: list[float], begin: int, target: float
) -> None:
    scores = walked(curve, begin, target, 90)
    assert any(score >= target for score in scores.values()) or 90 in scores


@given(CURVES, st.integers(FLOOR, 90), st.floats(30, 95))
def test_on_a_rising_curve_it_ends_close(curve: list[float], begin: int, target: float) -> None:
    scores = walked(curve, begin, target, 90)
    enough = [quality for quality in scores if scores[quality] >= target]
    if enough and len(scores) < MOST:
        best = min(enough)
        assert scores[best] <= target + NEAR or best == FLOOR or curve[best - 1] < target


def test_a_straight_line_takes_two() -> None:
    line = [30 + 0.5 * quality for quality in range(101)]
    assert list(walked(line, 60, 80, 95)) == [60, 95]  # out of reach
    assert list(walked(line, 60, 70, 95)) == [60, 81]
    assert list(walked(line, 81, 70, 95)) == [81]
    assert len(walked(line, 20, 70, 95)) == 2


# on pictures


@pytest.mark.parametrize("format", NAMES)
def test_the_file_reaches_the_target_and_hardly_more(format: str) -> None:
    judge = Judge(CAT)
    found = find(CAT, template(format), 80)
    assert found.score is not None
    assert found.quality is not None
    assert found.score == judge.score(found.body)
    assert found.score >= 80
    below = encode(CAT, replace(template(format), quality=found.quality - 1))
    assert found.score <= 80 + NEAR or judge.score(below) < 80 or found.tries == MOST
    assert found.body == encode(CAT, replace(template(format), quality=found.quality))


@pytest.mark.parametrize("format", NAMES)
def test_the_answer_depends_on_nothing_but_the_picture(format: str) -> None:
    first = find(CAT, template(format), 75)
    find(stripes(), template(format), 75)
    assert find(CAT.copy(), template(format), 75, judge=Judge(CAT)) == first


def test_a_higher_target_is_a_larger_file() -> None:
    sizes = [len(find(CAT, template("webp", target), target).body) for target in (60, 75, 88)]
    assert sizes == sorted(set(sizes))


def test_full_chroma_where_halved_does_not_reach() -> None:
    found = find(stripes(), template("jpeg"), 80)
    assert found.score is not None
    assert found.score >= 80
    assert found.quality is not None
    assert found.quality <= CODECS["jpeg", "4:4:4"][1]
    with Image.open(io.BytesIO(found.body)) as opened:
        assert JpegImagePlugin.get_sampling(opened) == 0  # 4:4:4


def test_out_of_reach_takes_the_ceiling_and_says_so() -> None:
    found = find(stripes(), template("webp"), 90)
    assert found.quality == CODECS["webp", "4:2:0"][1]
    assert found.score is not None
    assert found.score < 90


def test_transparency_is_judged_on_white_and_on_black() -> None:
    clear = clear_picture(96)
    whitened = encode(np.dstack([opaque(clear), np.full((96, 96), 255, np.uint8)]), Encoding("webp", 95))
    assert Judge(opaque(clear)).score(whitened) > 80
    assert Judge(clear).score(whitened) < 50  # it no longer lets the black through
    found = find(clear, template("avif"), 80)
    assert found.score is not None
    assert found.score >= 80
    assert decode(found.body).shape == (96, 96, 4)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (7, 7)])
@pytest.mark.parametrize("format", NAMES)
def test_tiny_pictures(size: tuple[int, int], format: str) -> None:
    tiny = np.random.default_rng(3).integers(0, 256, (*size, 3)).astype(np.uint8)
    found = find(tiny, template(format), 60)
    assert found.score is not None
    assert found.tries <= 2 * MOST
    assert decode(found.body).shape == tiny.shape


def test_a_small_size_is_measured_like_a_large_one() -> None:
    """The same damage to the same texture scores alike at 128 and at 256 px; the plain metric is 5 off."""
    grain = np.random.default_rng(5).integers(0, 60, (256, 256, 3))
    large = np.clip(downscale(data.astronaut(), 256).astype(int) // 2 + 60 + grain, 0, 255).astype(np.uint8)
    harm = np.random.default_rng(6).integers(-9, 10, large.shape)
    harmed = np.clip(large + harm, 0, 255).astype(np.uint8)
    parts = [(slice(y, y + 128), slice(x, x + 128)) for y in (0, 128) for x in (0, 128)]
    whole = ssimulacra2.Reference(large, by_scale=True).score(harmed)
    small = [ssimulacra2.Reference(large[at], by_scale=True).score(harmed[at]) for at in parts]
    plain = [ssimulacra2.Reference(large[at]).score(harmed[at]) for at in parts]
    assert whole == ssimulacra2.Reference(large).score(harmed)
    assert abs(np.mean(small) - whole) < 1.5 < abs(np.mean(plain) - whole)


# in rows


def test_a_searched_file_records_score_scorer_and_tries(session: Session, objects: MemoryObjects) -> None:
    row = image(session, objects, pixels=downscale(data.chelsea(), 110))
    made = derive(session, objects, FakeSigner(), row.id, load("social-feed"))
    assert {each.format for each in made} == set(NAMES)
    original = decode(objects.get(row.key))
    for each in made:
        assert each.scorer == SCORER
        assert each.score is not None
        assert each.score >= 80
        assert each.tries is not None
        assert 1 <= each.tries <= 2 * MOST
        assert each.score == pytest.approx(Judge(original).score(objects.get(each.key)))


def test_a_fixed_quality_and_lossless_files_have_no_score(session: Session, objects: MemoryObjects) -> None:
    social = load("social-feed")
    shaded, flat = image(session, objects, 1, size=64), image(session, objects, 2, flat_picture(64))
    made = derive(session, objects, FakeSigner(), flat.id, social)
    made += derive(session, objects, FakeSigner(), shaded.id, replace(social, targets={"avif": 70}))
    scored = {(each.canonical_id, each.format) for each in made if each.score is not None}
    assert scored == {(shaded.id, "avif")}
    assert {each.scorer for each in made if each.score is None} == {None}

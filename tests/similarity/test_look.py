"""Looks: what is the same picture stays close, what is another does not."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wetplate.errors import ImageError
from wetplate.imaging.pixels import Pixels
from wetplate.similarity.look import SIDE, Look, bits, delta, look, near, same

LOOKS = st.builds(
    Look, st.integers(-(2**63), 2**63 - 1), st.binary(min_size=SIDE * SIDE * 3, max_size=SIDE * SIDE * 3)
)


def drawn(colour: tuple[int, int, int], shift: int = 0) -> Pixels:
    """A disc and a bar of that colour on white."""
    rows, columns = np.mgrid[0:256, 0:256]
    inside = (rows - 128) ** 2 + (columns - 100 - shift) ** 2 < 60**2
    inside |= (rows > 180) & (rows < 200)
    return np.where(inside[..., None], np.array(colour), 255).astype(np.uint8)


@given(LOOKS, LOOKS)
def test_a_distance_is_one(one: Look, other: Look) -> None:
    assert bits(one, one) == 0
    assert delta(one, one) == 0
    assert 0 <= bits(one, other) == bits(other, one) <= 64
    assert delta(one, other) == delta(other, one) <= 255


@pytest.mark.parametrize("width", [256, 160, 96])
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
def test_smaller_and_encoded_again_is_the_same(width: int, format: str) -> None:
    picture, file = drawn((180, 40, 30)), io.BytesIO()
    Image.fromarray(picture).resize((width, width)).save(file, format, quality=50)
    again = np.asarray(Image.open(file).convert("RGB"))
    apart = bits(look(picture), look(again)), delta(look(picture), look(again))
    assert same(*apart)
    assert near(*apart)


def test_a_sibling_in_another_colour_is_near_and_not_the_same() -> None:
    red, brown = look(drawn((180, 40, 30))), look(drawn((140, 60, 40)))
    assert bits(red, brown) <= 8
    assert not same(bits(red, brown), delta(red, brown))
    assert near(bits(red, brown), delta(red, brown))


def test_another_picture_is_far() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
    one, other = look(drawn((180, 40, 30))), look(noise)
    assert not near(bits(one, other), delta(one, other))


def test_what_shines_through_is_laid_on_white() -> None:
    clear = np.dstack([drawn((180, 40, 30)), np.full((256, 256), 255, np.uint8)])
    assert look(clear) == look(drawn((180, 40, 30)))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ImageError, match="uint8 pixels"):
        look(np.zeros((4, 4), np.uint8))

"""Which address is handed out, over every state and wish."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from tests.delivery.addresses import IMAGE
from wetplate.delivery.handout import Wish, address
from wetplate.delivery.standing import Standing
from wetplate.delivery.urls import Auto, OnDemand, Published, Signed, parse, write
from wetplate.errors import DeliveryError, ImageGone, NotServed, TransformRefused
from wetplate.publication.states import State

FILES: Any = [
    SimpleNamespace(name=f"{n:016x}-{width}.{ext}", width=width, format=format)
    for n, (width, (format, ext)) in enumerate(product((320, 1000), (("avif", "avif"), ("jpeg", "jpg"))))
]
AHEAD = {(file.width, file.format): file.name for file in FILES}


def stands(state: State = State.PUBLISHED) -> Standing:
    return Standing(IMAGE, "boots", state, 3)


def sign(target: OnDemand) -> Signed:
    return Signed(target, "k1", 1_700_000_000, "A" * 43)


def given(wish: Wish, state: State = State.PUBLISHED, *, signed: bool = False) -> str:
    found = address(wish, stands(state), 1_000, FILES, sign if signed else None)
    assert parse(write(found)) == found
    return write(found)


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        (Wish(320, "avif"), f"/images/{IMAGE}/{AHEAD[320, 'avif']}"),
        (Wish(1000, "jpeg"), f"/images/{IMAGE}/{AHEAD[1000, 'jpeg']}"),
        (Wish(None, "avif"), f"/images/{IMAGE}/{AHEAD[1000, 'avif']}"),
        (Wish(320, "webp"), f"/images/{IMAGE}/v3/w320.webp"),
        (Wish(None, "webp"), f"/images/{IMAGE}/v3/w960.webp"),
        (Wish(640, "avif"), f"/images/{IMAGE}/v3/w640.avif"),
        (Wish(320, "avif", "qlow"), f"/images/{IMAGE}/v3/w320_qlow.avif"),
        (Wish(320, "avif", "crop4x5_fp35x50"), f"/images/{IMAGE}/v3/w320_crop4x5_fp35x50.avif"),
        (Wish(320, "avif", auto=True), f"/auto/{IMAGE}/v3/w320"),
        (Wish(None, "avif", "pad1x1", auto=True), f"/auto/{IMAGE}/v3/w960_pad1x1"),
    ],
)
def test_of_a_published_image(wish: Wish, path: str) -> None:
    assert given(wish) == path


@pytest.mark.parametrize("state", [State.DRAFT, State.HIDDEN, State.PUBLISHED, State.SUPERSEDED])
def test_a_signature_names_a_transform_even_where_a_file_stands(state: State) -> None:
    path = f"/signed/k1.1700000000.{'A' * 43}/{IMAGE}/v3/w320.avif"
    assert given(Wish(320, "avif"), state, signed=True) == path


@pytest.mark.parametrize(("state", "signed", "auto"), list(product(State, (False, True), (False, True))))
def test_only_what_strangers_may_have_is_handed_out_unsigned(state: State, signed: bool, auto: bool) -> None:
    wish = Wish(320, "avif", auto=auto)
    try:
        found = address(wish, stands(state), 1_000, FILES, sign if signed else None)
    except DeliveryError as refusal:
        expected = ImageGone if state == State.WITHDRAWN else NotServed
        assert (type(refusal), state.public) == (expected, False)  # noqa: PT017
        assert state == State.WITHDRAWN or not signed
    else:
        assert state.public or isinstance(found, Signed)
        assert type(found) is (Signed if signed else Auto if auto else Published)


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(NotServed, match=r"hidden.*publish it.*--sign 5m"):
        given(Wish(320, "avif"), State.HIDDEN)
    with pytest.raises(ImageGone, match="reinstate"):
        given(Wish(320, "avif"), State.WITHDRAWN, signed=True)
    with pytest.raises(TransformRefused, match="nearest is 320"):
        given(Wish(321, "avif"))
    with pytest.raises(TransformRefused, match="belongs to a crop"):
        given(Wish(320, "avif", "fp10x10"))


def test_a_narrow_image_has_an_address_too() -> None:
    found = address(Wish(None, "webp"), stands(), 40, [], None)
    assert write(found) == f"/images/{IMAGE}/v3/w64.webp"

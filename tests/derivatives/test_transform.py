"""Closed lists, one spelling, and sizes."""

import re
import time
from contextlib import suppress
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.derivatives.transforms import shapes, transforms
from wetplate.derivatives.transform import (
    FOCI,
    FORMATS,
    QUALITIES,
    RATIOS,
    WIDTHS,
    Shape,
    Transform,
    meant,
    meant_shape,
    read,
)
from wetplate.errors import TransformRefused

WHOLE = "w640_crop4x5_fp35x50_qhigh.avif"
PARTS = [
    "w640",
    "w641",
    "crop4x5",
    "pad1x1",
    "fp35x50",
    "fp50x50",
    "qhigh",
    "qstandard.avif",
    ".jpg",
    ".jpeg",
]
SIGNS = "w0123456789x_cropfpadqhistn.lvg -+%٣²\0"


@given(transforms())
def test_reading_undoes_writing(transform: Transform) -> None:
    assert read(transform.text) == transform
    assert meant_shape(transform.stem).to(transform.format) == transform


@given(shapes(), st.sampled_from(FORMATS))
def test_a_shape_becomes_a_file(shape: Shape, format: str) -> None:
    made = shape.to(format)
    assert meant_shape(shape.stem) == shape
    assert (made.width, made.fit, made.ratio, made.focus) == (
        shape.width,
        shape.fit,
        shape.ratio,
        shape.focus,
    )
    assert made.quality == (shape.quality if format != "png" else "standard")


@given(st.text(SIGNS, max_size=40) | st.lists(st.sampled_from(PARTS)).map("_".join))
def test_writing_undoes_reading(text: str) -> None:
    with suppress(TransformRefused):
        assert read(text).text == text


@given(transforms(), st.integers(0, 40), st.sampled_from(SIGNS))
def test_another_spelling_means_nothing_or_the_one(transform: Transform, at: int, sign: str) -> None:
    text = transform.text
    for other in (
        text[:at] + sign + text[at:],
        text[:at] + sign + text[at + 1 :],
        text[:at] + text[at + 1 :],
    ):
        with suppress(TransformRefused):
            assert read(meant(other).text) == meant(other)


def test_spellings_of_everything() -> None:
    assert read("w64.png") == Transform(64, "png")
    assert read("w640_pad1x1.jpg") == Transform(640, "jpeg", fit="pad", ratio=(1, 1))
    assert read(WHOLE) == Transform(640, "avif", fit="crop", ratio=(4, 5), focus=(35, 50), quality="high")


@pytest.mark.parametrize("order", list(permutations(["w640", "crop4x5", "fp35x50", "qhigh"]))[1:])
def test_another_order_is_meant_and_not_read(order: tuple[str, ...]) -> None:
    other = "_".join(order) + ".avif"
    assert meant(other).text == WHOLE
    with pytest.raises(TransformRefused, match=re.escape(WHOLE)):
        read(other)


@pytest.mark.parametrize(
    ("other", "one"),
    [
        ("w640_qstandard.avif", "w640.avif"),
        ("w640_crop4x5_fp50x50.avif", "w640_crop4x5.avif"),
        ("w640.jpeg", "w640.jpg"),
        ("w640_qhigh.png", "w640.png"),
    ],
)
def test_defaults_and_synonyms_are_meant_and_not_read(other: str, one: str) -> None:
    assert meant(other).text == one
    with pytest.raises(TransformRefused, match="is spelled"):
        read(other)


@pytest.mark.parametrize(
    "text",
    [
        "", ".avif", "w640", "w640.", "w640.gif", "w640.avif.png", "w640..avif", "W640.avif", "w640.AVIF",
        "w641.avif", "w0640.avif", "w-1.avif", "w0.avif", "w1e9.avif", "w1e3.avif", "wNaN.avif",
        "w0x10.avif", "w٣٢٠.avif", "w 320.avif", " w320.avif", "w320 .avif", "w320.5.avif", "w320.avif\n",
        "w320\0.avif", "w100000.avif", "w²56.avif", "320.avif", "w640h480.avif", "w640_.avif", "_w640.avif",
        "w640__qlow.avif", "w320_w640.avif", "w640_w640.avif", "w640_crop1x1_crop4x5.avif",
        "w640_crop1x1_pad1x1.avif", "w640_qlow_qhigh.avif", "w640_crop.avif", "w640_crop0x0.avif",
        "w640_crop2x2.avif", "w640_crop04x5.avif", "w640_crop4X5.avif", "w640_crop4x5x6.avif",
        "w640_crop-4x5.avif", "w640_inside.avif", "w640_inside1x1.avif", "w640_fp10x10.avif",
        "w640_fp50x50.avif", "w640_pad1x1_fp10x10.avif", "w640_crop1x1_fp33x50.avif",
        "w640_crop1x1_fp101x0.avif", "w640_crop1x1_fp105x0.avif", "w640_crop1x1_fp00x0.avif",
        "w640_crop1x1_fp-5x0.avif", "w640_crop1x1_fp5.avif", "crop4x5.avif", "qhigh.avif", "w640_q80.avif",
        "w640_qHigh.avif", "w640_qultra.avif", "w640_dpr2.avif", "w640_blur9.avif", "w640_cb1.avif",
        "w%36%34%30.avif", "w640.jp%65g", "w640,qlow.avif", "w640_qlow;.avif",
    ],
)  # fmt: skip
def test_off_the_lists(text: str) -> None:
    with pytest.raises(TransformRefused) as refusal:
        meant(text)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("w641.avif", "nearest is w640"),
        ("w99999.avif", "nearest is w2048"),
        ("w640_crop7x5.avif", "4x5"),
        ("w640_q80.avif", "low, high"),
        ("w640_crop1x1_fp33x50.avif", "steps of 5"),
        ("w640.gif", r"\.avif, \.webp, \.jpg, \.png"),
        ("crop4x5.avif", "names no width"),
        ("w640_fp10x10.avif", "belongs to a crop"),
    ],
)
def test_a_refusal_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(TransformRefused, match=advice):
        read(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 641}, {"format": "gif"}, {"format": "jpg"}, {"fit": "stretch"}, {"quality": "80"},
        {"ratio": (1, 1)}, {"fit": "crop"}, {"fit": "pad"}, {"fit": "crop", "ratio": (7, 5)},
        {"focus": (10, 10)}, {"fit": "pad", "ratio": (1, 1), "focus": (10, 10)},
        {"fit": "crop", "ratio": (1, 1), "focus": (33, 50)}, {"format": "png", "quality": "high"},
    ],
)  # fmt: skip
def test_nothing_off_the_lists_can_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(TransformRefused):
        Transform(**{"width": 640, "format": "avif", **wrong})  # type: ignore[arg-type]


def test_no_two_transforms_share_a_spelling() -> None:
    plain = product(WIDTHS, FORMATS, QUALITIES)
    texts = [Transform(w, f, quality=q).text for w, f, q in plain if f != "png" or q == "standard"]
    texts += [Transform(64, "avif", fit=fit, ratio=ratio).text for fit in ("crop", "pad") for ratio in RATIOS]
    texts += [
        Transform(64, "avif", fit="crop", ratio=(1, 1), focus=focus).text
        for focus in product(FOCI, FOCI)
        if focus != (50, 50)
    ]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "part", ["w9", "_", "w640_", "w640_crop4x5", "4x5", "fp0", "0", ".", "w640.", "j", "w640_q(a+)+$", "٣"]
)
def test_time_grows_with_the_text_only(part: str) -> None:
    bomb = part * (65_536 // len(part))
    for text in (bomb, bomb + ".avif"):
        assert min(taken(text) for _ in range(3)) < 0.010


def taken(text: str) -> float:
    """CPU seconds until the text is refused, in few words."""
    started = time.thread_time()
    with pytest.raises(TransformRefused) as refusal:
        meant(text)
    assert len(str(refusal.value)) < 250
    return time.thread_time() - started

"""Accept: read as RFC 9110 says, never raising, folded to four answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.delivery.negotiation import OPAQUE, TRANSPARENT, Choice, choose, read, saves_data

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
SAFARI = "image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/*;q=0.8,*/*;q=0.5"
OLD_SAFARI = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
PIECES = ["image/avif", "image/webp", "image/jpeg", "image/png", "image/*", "*/*", "text/html", "IMAGE/AVIF"]
PIECES += [
    ";q=0",
    ";q=1",
    ";q=0.5",
    ";q=0.999",
    ";q=2",
    ";q=-1",
    ";q=",
    "; Q = 0",
    ";v=b3",
    '"',
    ",",
    " ",
    "\t",
    "",
]


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        (CHROME, "avif"), (FIREFOX, "avif"), (SAFARI, "avif"), (OLD_SAFARI, "jpeg"),
        ("image/webp,*/*", "webp"), ("image/avif", "avif"), ("IMAGE/AVIF", "avif"),
        (" image/avif ", "avif"), (None, "jpeg"), ("", "jpeg"), ("*/*", "jpeg"), ("image/*", "jpeg"),
        ("text/html", "jpeg"), ("*", "jpeg"), ("image/avif;q=0", "jpeg"),
        ("image/avif;q=0,image/webp", "webp"), ("image/avif;q=0.000", "jpeg"),
        ("image/avif;q=0,*/*", "jpeg"), ("image/avif;q=0.5,image/webp", "webp"),
        ("image/avif;q=0.001", "avif"), ("image/avif;q=0.9,image/webp;q=0.9", "avif"),
        ("image/webp;q=0.9, image/avif;q=1.000", "avif"), ("image/avif; q=0", "jpeg"),
        ("image/avif;Q=0", "jpeg"), ("image/avif;v=1;q=0", "jpeg"), ("image/avif;q=2", "jpeg"),
        ("image/avif;q=-1", "jpeg"), ("image/avif;q=.5", "jpeg"), ("image/avif;q=0.1234", "jpeg"),
        ("image/avif;q=", "jpeg"), ("image/avif;q=nan", "jpeg"), ("image/avif;q=٠", "jpeg"),
        ("image/avifx,ximage/webp", "jpeg"), ("image/avif image/webp", "jpeg"),
        ('text/x;v=",image/avif,"', "jpeg"), ("," * 1_000 + "image/avif", "avif"),
        ("image/jpeg;q=0,image/webp;q=0.1", "webp"), ("image/jpeg;q=0,*/*", "avif"),
        ("image/jpeg;q=0,image/*;q=0.5,image/avif;q=0", "webp"), ("image/jpeg;q=0", "jpeg"),
        ("*/*;q=0", "jpeg"),
    ],
    ids=lambda value: str(value)[-24:],
)  # fmt: skip
def test_formats(accept: str | None, format: str) -> None:
    assert choose(accept) == Choice(format)


def test_a_transparent_picture_is_never_a_jpeg() -> None:
    assert choose("*/*", TRANSPARENT) == Choice("png")
    assert choose("image/jpeg", TRANSPARENT) == Choice("png")
    assert choose(CHROME, TRANSPARENT) == Choice("avif")


def test_save_data_asks_for_low_quality_where_the_browser_reads_avif() -> None:
    assert choose(CHROME, save_data=True) == Choice("avif", light=True)
    assert choose("image/webp", save_data=True) == Choice("webp")
    assert choose("*/*", save_data=True) == Choice("jpeg")


@pytest.mark.parametrize(
    ("header", "saves"),
    [
        *(("on", True), ("On", True), (" on ", True), ("on; x=1", True)),
        *(
            (None, False),
            ("", False),
            ("off", False),
            ("1", False),
            ("one", False),
            ("ononononononononon", False),
        ),
    ],
)
def test_save_data(header: str | None, saves: bool) -> None:
    assert saves_data(header) == saves


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
    | st.text('image/avfwebp*;q=01.," ', max_size=60)
)
def test_any_header_is_answered_with_what_is_offered(accept: str) -> None:
    for offered in (OPAQUE, TRANSPARENT):
        choice = choose(accept, offered)
        assert choice.format in offered
        weights = read(accept)
        assert (
            choice.format != "avif"
            or weights.get("image/avif", 0) > 0
            or weights.get(f"image/{offered[-1]}") == 0
        )


def test_thousands_of_spellings_fold_to_four_answers() -> None:
    ranges = ["image/avif", "image/webp", "image/jpeg", "image/*", "*/*"]
    weights = ["", ";q=0", ";q=0.3", ";q=1"]
    spelled = [
        f"{a}{x},{b}{y};v={n}"
        for n, (a, b) in enumerate((a, b) for a in ranges for b in ranges)
        for x in weights
        for y in weights
    ]
    answers = {choose(accept, save_data=saving) for accept in spelled for saving in (False, True)}
    assert answers == {Choice("avif"), Choice("avif", light=True), Choice("webp"), Choice("jpeg")}


@pytest.mark.parametrize("part", ["image/avif,", "image/avif;", ";q=0", '"', ",", " ", "a", "q=1;", "*/*,"])
def test_eight_kilobytes_take_no_time(part: str) -> None:
    started = time.thread_time()
    assert choose((part * 8_192)[:8_192]).format == "jpeg"
    assert choose((part * 4_096)[:4_096]).format in OPAQUE
    assert time.thread_time() - started < 0.050

"""The allow-list sees whatever a picture could smuggle."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from wetplate.errors import ImageError
from wetplate.imaging.chunks import foreign, names
from wetplate.imaging.codec import PNG, Encoding, encode

PICTURE = np.arange(48 * 32 * 3, dtype=np.uint8).reshape(32, 48, 3)


def saved(format: str, **options: object) -> bytes:
    body = io.BytesIO()
    Image.fromarray(PICTURE).save(body, format=format, **options)
    return body.getvalue()


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = "a secret prompt"
    return made


def text() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("parameters", "a secret prompt")
    return made


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (saved("PNG", pnginfo=text()), ["tEXt"]),
        (saved("PNG", exif=exif()), ["eXIf"]),
        (saved("PNG", icc_profile=b"x" * 200), ["iCCP"]),
        (saved("JPEG", exif=exif()), ["FFE1"]),
        (saved("JPEG", comment=b"a secret prompt"), ["FFFE"]),
        (saved("JPEG", icc_profile=b"x" * 200), ["FFE2"]),
        (saved("WEBP", exif=exif()), ["EXIF"]),
        (saved("WEBP", icc_profile=b"x" * 200), ["ICCP"]),
        (saved("AVIF", exif=exif()), ["item Exif"]),
        (encode(PICTURE, PNG) + b"<script>", ["tail"]),
        (encode(PICTURE, Encoding("jpeg", 80)) + b"<script>", ["tail"]),
    ],
)
def test_what_does_not_belong_is_named(body: bytes, expected: list[str]) -> None:
    assert foreign(body) == expected


def test_names_in_order() -> None:
    assert names(encode(PICTURE, PNG)) == ["IHDR", "IDAT", "IEND"]
    assert names(encode(PICTURE, Encoding("webp", 80))) == ["VP8 "]
    assert names(encode(PICTURE, Encoding("avif", 80))) == ["ftyp", "meta", "item av01", "mdat"]
    jpeg = names(encode(PICTURE, Encoding("jpeg", 80)))
    assert jpeg[:2] == ["SOI", "JFIF"]
    assert jpeg[-1] == "EOI"
    assert "SOS" in jpeg


@pytest.mark.parametrize(
    "encoding", [PNG, Encoding("jpeg", 80), Encoding("webp", 80), Encoding("avif", 60)], ids=str
)
def test_a_broken_container_is_refused_at_any_cut(encoding: Encoding) -> None:
    body = encode(PICTURE, encoding)
    whole = names(body)
    for end in range(20, len(body) - 1, 7):
        try:
            assert names(body[:end]) != whole
        except ImageError:
            continue

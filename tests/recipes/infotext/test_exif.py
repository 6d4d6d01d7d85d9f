"""EXIF: the UserComment of every tool and byte order, and what ComfyUI puts elsewhere."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.exif import EXIF_IFD, USER_COMMENT, texts, user_comment

TEXT = "a shöe 👟\nSteps: 20, Sampler: Euler a, Seed: 1"
FORMATS = ["JPEG", "WEBP", "AVIF"]


def image(form: str, comment: bytes | None = None, model: str | None = None) -> bytes:
    exif, body = Image.Exif(), io.BytesIO()
    if comment is not None:
        exif.get_ifd(EXIF_IFD)[USER_COMMENT] = comment
    if model is not None:
        exif[0x0110] = model
    Image.new("RGB", (16, 16)).save(body, form, exif=exif.tobytes())
    return body.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + TEXT.encode("utf-16-be"),
        b"UNICODE\0" + TEXT.encode("utf-16-le"),
        b"UNICODE\0" + TEXT.encode("utf-16"),
        b"UNICODE\0\xfe\xff" + TEXT.encode("utf-16-be"),
        b"UNICODE\0" + TEXT.encode("utf-16-le") + b"\0\0",
        b"\0" * 8 + TEXT.encode(),
        b"ASCII\0\0\0" + TEXT.encode(),
    ],
)
def test_every_encoding_of_the_user_comment(form: str, comment: bytes) -> None:
    assert texts(image(form, comment)) == {"parameters": TEXT}


def test_a_comment_without_the_name_of_an_encoding() -> None:
    assert user_comment(TEXT.encode()) == TEXT


def test_comfyui_writes_its_graph_into_another_tag() -> None:
    assert texts(image("WEBP", model='prompt:{"1": {}}')) == {"prompt": '{"1": {}}'}


@pytest.mark.parametrize("form", FORMATS)
def test_an_image_without_exif_has_no_texts(form: str) -> None:
    body = io.BytesIO()
    Image.new("RGB", (16, 16)).save(body, form)
    assert texts(body.getvalue()) == {}


@pytest.mark.parametrize("form", FORMATS)
def test_a_header_alone_is_refused_in_one_line(form: str) -> None:
    with pytest.raises(InfotextError, match="the image cannot be read") as caught:
        texts(image(form, b"\0" * 8 + b"x")[:24])
    assert len(str(caught.value).splitlines()) == 1


def test_a_huge_comment_is_refused() -> None:
    with pytest.raises(InfotextError, match="larger than"):
        user_comment(bytes(1 << 23))


@given(st.integers(0, 500), st.integers(0, 255))
def test_any_damage_is_read_or_refused(at: int, value: int) -> None:
    body = bytearray(image("JPEG", b"UNICODE\0" + TEXT.encode("utf-16-be"), "prompt:{}"))
    body[at % len(body)] = value
    try:
        texts(bytes(body))
    except InfotextError:
        return

"""The mark, and finding what must not be public."""

import io

import pytest
from PIL import Image, PngImagePlugin

from tests.contracts.signer import picture
from wetplate.errors import ImageError, ProvenanceError
from wetplate.provenance.metadata import SOURCE_TYPES, carries, mark, xmp_packet
from wetplate.provenance.signing import MEDIA_TYPES

SECRET = "a secret pumpkin boot"


def saved(format: str, **options: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, format, **options)  # type: ignore[arg-type]
    return target.getvalue()


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_the_mark_is_read_back(media_type: str) -> None:
    assert mark(picture(media_type)) == "trainedAlgorithmicMedia"
    assert mark(saved(media_type.removeprefix("image/").upper())) is None


@pytest.mark.parametrize("source_type", sorted(SOURCE_TYPES))
def test_every_source_type_makes_a_packet(source_type: str) -> None:
    assert mark(xmp_packet(source_type)) == source_type
    assert len(xmp_packet(source_type)) < 500


def test_others_are_refused() -> None:
    with pytest.raises(ProvenanceError, match="digitalCapture"):
        xmp_packet("<script>")


def text_chunk(text: str, *, zip: bool) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text, zip=zip)
    return saved("PNG", pnginfo=info)


@pytest.mark.parametrize(
    "body",
    [
        text_chunk(SECRET, zip=False),
        text_chunk(f"x {SECRET.upper()} y", zip=True),
        saved("JPEG", comment=SECRET.encode()),
        saved("WEBP", xmp=f"<x>{SECRET}</x>".encode()),
        saved("WEBP", exif=b"Exif\0\0" + b"UNICODE\0" + SECRET.encode("utf-16-be")),
        saved("PNG") + SECRET.encode(),
    ],
    ids=["text", "zipped", "comment", "xmp", "utf-16", "tail"],
)
def test_a_prompt_is_found_wherever_it_hides(body: bytes) -> None:
    assert carries(body, SECRET)


def test_what_is_clean_is_clean() -> None:
    assert not carries(picture("image/png"), SECRET)
    assert not carries(saved("PNG"), "PNG")


def test_what_is_no_picture_is_an_error() -> None:
    with pytest.raises(ImageError, match="cannot be read"):
        carries(b"hello", SECRET)

"""Untrusted bytes: each bad one is refused by name, each odd but honest one comes out plain and upright."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from wetplate.errors import ImageError
from wetplate.imaging.codec import PNG, Encoding, Limits, decode, encode, size, sniff

RNG = np.random.default_rng(5)
PICTURE = np.kron(RNG.integers(0, 255, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
ENCODINGS = [PNG, Encoding("jpeg", 85), Encoding("jpeg", 85, progressive=False), Encoding("webp", 85),
             Encoding("webp", lossless=True), Encoding("avif", 70)]  # fmt: skip


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    body = io.BytesIO()
    image.save(body, format=format, **options)
    return body.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_format_comes_back(encoding: Encoding) -> None:
    body = encode(PICTURE, encoding)
    assert sniff(body) == encoding.format
    assert size(body) == (64, 48)
    error = np.abs(decode(body).astype(int) - PICTURE).mean()
    assert error == 0 if encoding.lossless else error < 25


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_a_picture_cut_short_anywhere_is_refused(encoding: Encoding) -> None:
    body = encode(PICTURE, encoding)
    for end in [*range(0, len(body) - 1, max(1, len(body) // 60)), len(body) - 2, len(body) - 1]:
        with pytest.raises(ImageError):
            decode(body[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>no picture</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"GIF89a" + bytes(40),
        b"II*\0" + bytes(40),
        b"BM" + bytes(40),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
        b"\0\0\0\x1cftypheic" + bytes(40),
        b"RIFF\x10\0\0\0WAVE" + bytes(40),
    ],
)
def test_other_formats_are_refused_by_their_first_bytes(body: bytes) -> None:
    with pytest.raises(ImageError, match="no PNG, JPEG, WebP or AVIF"):
        decode(body)


def test_a_lying_header_and_a_bomb_are_refused_before_decoding() -> None:
    with pytest.raises(ImageError, match="3600000000 pixels"):
        decode(png(60000, 60000, chunk(b"IDAT", b"x")))
    one_bit = zlib.compress(bytes((20000 // 8 + 1) * 20000))
    with pytest.raises(ImageError, match="400000000 pixels"):
        decode(png(20000, 20000, chunk(b"IDAT", one_bit), depth=1, colour=0))
    with pytest.raises(ImageError, match="65535 × 1;"):
        decode(saved(Image.new("RGB", (65535, 1))))


def test_limits_are_the_callers() -> None:
    body = encode(PICTURE, PNG)
    for limits in (Limits(size=100), Limits(pixels=100), Limits(side=63)):
        with pytest.raises(ImageError, match="export it smaller"):
            decode(body, limits)


def test_a_text_bomb_is_refused() -> None:
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(100 * 2**20)))
    with pytest.raises(ImageError):
        decode(png(1, 1, bomb, chunk(b"IDAT", zlib.compress(b"\0abc"))))


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    body = encode(PICTURE, Encoding("jpeg", 80))
    with pytest.raises(ImageError, match="scans"):
        decode(body[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 1000 + body[-2:])


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_several_frames_are_refused(format: str) -> None:
    frames = [Image.fromarray(np.roll(PICTURE, n, 0)) for n in range(3)]
    with pytest.raises(ImageError, match="3 frames"):
        decode(saved(frames[0], format, save_all=True, append_images=frames[1:]))


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    pixels = decode(saved(Image.fromarray(values)))
    assert np.abs(pixels[..., 0].astype(int) - values / 257).max() <= 1


def test_sixteen_bit_colour_is_scaled() -> None:
    row = struct.pack(">6H", 65535, 32768, 257, 0, 511, 65280)
    pixels = decode(png(2, 1, chunk(b"IDAT", zlib.compress(b"\0" + row)), depth=16))
    assert np.abs(pixels.ravel().astype(int) - [255, 128, 1, 0, 2, 254]).max() <= 1


def test_palette_with_a_transparent_entry_becomes_rgba() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    assert decode(saved(image)).tolist() == [[[255, 0, 0], [0, 255, 0]]]
    assert decode(saved(image, transparency=1)).tolist() == [[[255, 0, 0, 255], [0, 255, 0, 0]]]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_transparent_colour_key_becomes_alpha(mode: str) -> None:
    image = Image.fromarray(np.array([[[7, 7, 7], [9, 9, 9]]], np.uint8)).convert(mode)
    pixels = decode(saved(image, transparency=7 if mode == "L" else (7, 7, 7)))
    assert pixels[0, :, 3].tolist() == [0, 255]


def test_grey_with_alpha_and_one_bit() -> None:
    grey = Image.merge("LA", [Image.new("L", (2, 2), 100), Image.new("L", (2, 2), 40)])
    assert decode(saved(grey))[0, 0].tolist() == [100, 100, 100, 40]
    assert decode(saved(Image.new("1", (3, 2), 1)))[0, 0].tolist() == [255, 255, 255]


def test_alpha_that_hides_nothing_is_dropped() -> None:
    assert decode(saved(Image.fromarray(PICTURE).convert("RGBA"))).shape == (48, 64, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_orientation_is_applied(orientation: int, format: str) -> None:
    upright = Image.new("RGB", (32, 16), "white")
    upright.paste("red", (0, 0, 16, 8))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition each orientation is undone from
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(saved(stored, format, exif=exif))
    assert pixels.shape == (16, 32, 3)
    assert pixels[4, 8, 0] > 200
    assert pixels[4, 8, 1] < 60
    assert pixels[4, 24].min() > 200


def test_a_nonsense_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert decode(saved(Image.fromarray(PICTURE), exif=exif)).shape == PICTURE.shape


def test_an_embedded_profile_is_applied() -> None:
    image = Image.new("RGB", (4, 4), (200, 40, 40))
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert (
        np.abs(decode(saved(image, icc_profile=same.tobytes()))[0, 0].astype(int) - [200, 40, 40]).max() <= 1
    )
    assert linear.tobytes()
    swapped = saved(image, icc_profile=_gamma_one_profile())
    assert decode(swapped)[0, 0, 0] > 215  # 200 of linear light is brighter than 200 of sRGB


def _gamma_one_profile() -> bytes:
    """sRGB's own profile with its tone curves replaced by straight lines."""
    body = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(body[128:132], "big"), 12):
        if body[at : at + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            start = int.from_bytes(body[at + 4 : at + 8], "big")
            body[start : start + 12] = b"curv" + bytes(8)
    return bytes(body)


def test_a_profile_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ImageError, match="convert the picture to sRGB"):
        decode(saved(Image.fromarray(PICTURE), icc_profile=b"no profile at all" * 20))


def test_cmyk_is_not_inverted() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    pixels = decode(saved(red, "JPEG", quality=95))
    assert pixels[8, 8, 0] > 240
    assert pixels[8, 8, 1:].max() < 15


def test_a_text_chunk_changes_nothing() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "secret prompt")
    assert (decode(saved(Image.fromarray(PICTURE), pnginfo=text)) == PICTURE).all()

"""Both engines: the same pictures within a bound, the same refusals, never more memory than lines need."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.imaging.test_decode import chunk, png, saved
from wetplate.errors import ImageError, ImageTooLarge, ImageUnsupported
from wetplate.imaging import thumbnail_pillow, thumbnail_vips
from wetplate.imaging.codec import decode
from wetplate.imaging.compare import psnr
from wetplate.imaging.limits import LIMITS, Limits
from wetplate.imaging.pixels import opaque
from wetplate.imaging.thumbnail import Frame, engine

ENGINES = [thumbnail_vips, thumbnail_pillow]
RNG = np.random.default_rng(11)
SMOOTH = np.asarray(
    Image.fromarray(RNG.integers(0, 255, (9, 12, 3)).astype(np.uint8)).resize(
        (240, 180), Image.Resampling.BICUBIC
    )
)
each_engine = pytest.mark.parametrize("by", ENGINES, ids=["vips", "pillow"])


def whole(width: int) -> Frame:
    return lambda wide, high: ((0, 0, wide, high), (width, max(1, round(high * width / wide))))


def cut(left: int, top: int, width: int, height: int, to: int) -> Frame:
    return lambda wide, high: ((left, top, width, height), (to, round(height * to / width)))


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(body: bytes) -> Path:
        path = tmp_path / "picture"
        path.write_bytes(body)
        return path

    return write


def sixteen(mode: str) -> bytes:
    """A 16-bit PNG of one, two, three or four channels (Pillow writes none with colour)."""
    bands = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode]
    fine = SMOOTH[..., :3].astype(np.uint16) * 257
    planes = [fine[..., 1:2], fine] if bands > 2 else [fine[..., 1:2]]
    values = planes[-1] if bands in (1, 3) else np.dstack([planes[-1], fine[..., :1]])
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    colour = {"L": 0, "LA": 4, "RGB": 2, "RGBA": 6}[mode]
    return png(240, 180, chunk(b"IDAT", zlib.compress(rows)), depth=16, colour=colour)


def wide_gamut() -> bytes:
    """Display P3, as its primaries and curves have it."""
    return _profile(
        (0.515102, 0.241182, -0.001049), (0.291965, 0.692236, 0.041882), (0.157153, 0.066582, 0.784378)
    )


def _profile(*columns: tuple[float, float, float]) -> bytes:
    """sRGB's own profile with other primaries (D50)."""
    body = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(body[128:132], "big"), 12):
        if body[at : at + 4] in (b"rXYZ", b"gXYZ", b"bXYZ"):
            start = int.from_bytes(body[at + 4 : at + 8], "big") + 8
            column = columns["rgb".index(chr(body[at]))]
            body[start : start + 12] = struct.pack(">3i", *(round(value * 65536) for value in column))
    return bytes(body)


def adobe_inverted() -> bytes:
    """CMYK as Photoshop writes it: inverted, with an Adobe marker (Pillow writes that itself)."""
    return saved(Image.fromarray(SMOOTH).convert("CMYK"), "JPEG", quality=95)


def faded() -> Image.Image:
    y, x = np.mgrid[0:180, 0:240]
    alpha = np.clip(255 - np.hypot(x - 120, y - 90) * 2, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack([SMOOTH, alpha]))


IMAGE = Image.fromarray(SMOOTH)
STRANGERS = [
    saved(IMAGE.resize((8, 6)), format)
    for format in ("GIF", "TIFF", "BMP", "PPM", "ICO", "TGA", "JPEG2000", "EPS", "PCX", "SGI")
]
TURNS = [
    (format, orientation)
    for format in ("JPEG", "PNG", "WEBP", "AVIF")
    for orientation in (
        *range(1, 9),
        *(() if format == "AVIF" else (0, 77, 65535)),
    )  # AVIF cannot hold garbage
]
ODD = {
    "png": saved(IMAGE),
    "jpeg": saved(IMAGE, "JPEG", quality=95),
    "progressive": saved(IMAGE, "JPEG", quality=95, progressive=True),
    "webp": saved(IMAGE, "WEBP", quality=95),
    "lossless webp": saved(IMAGE, "WEBP", lossless=True),
    "avif": saved(IMAGE, "AVIF", quality=95),
    "grey": saved(IMAGE.convert("L")),
    "grey jpeg": saved(IMAGE.convert("L"), "JPEG", quality=95),
    "one bit": saved(IMAGE.convert("1")),
    "palette": saved(IMAGE.quantize(64)),
    "palette with a clear entry": saved(IMAGE.quantize(8), transparency=3),
    "grey with alpha": saved(faded().convert("LA")),
    "alpha": saved(faded()),
    "alpha webp": saved(faded(), "WEBP", lossless=True),
    "alpha avif": saved(faded(), "AVIF", quality=95),
    "16 bit grey": sixteen("L"),
    "16 bit grey with alpha": sixteen("LA"),
    "16 bit colour": sixteen("RGB"),
    "16 bit colour with alpha": sixteen("RGBA"),
    "P3": saved(IMAGE, icc_profile=wide_gamut()),
    "P3 jpeg": saved(IMAGE, "JPEG", quality=95, icc_profile=wide_gamut()),
    "P3 with alpha": saved(faded(), icc_profile=wide_gamut()),
    "CMYK, inverted": adobe_inverted(),
}


@pytest.mark.parametrize("frame", [whole(100), cut(37, 21, 120, 150, 60)], ids=["small", "cut"])
@pytest.mark.parametrize("name", ODD)
def test_the_engines_agree(file: Callable[[bytes], Path], name: str, frame: Frame) -> None:
    path = file(ODD[name])
    fast, plain = (by.thumbnail(path, frame, LIMITS) for by in ENGINES)
    assert fast.shape == plain.shape
    assert psnr(opaque(fast), opaque(plain)) > 33
    if fast.shape[2] == 4:
        assert np.abs(fast[..., 3].astype(int) - plain[..., 3]).mean() < 1.5


@each_engine
def test_a_wide_gamut_is_brought_to_srgb(file: Callable[[bytes], Path], by: ModuleType) -> None:
    red = Image.new("RGB", (40, 40), (200, 60, 60))
    plain = by.thumbnail(file(saved(red)), whole(10), LIMITS)[5, 5]
    wide = by.thumbnail(file(saved(red, icc_profile=wide_gamut())), whole(10), LIMITS)[5, 5]
    assert plain.tolist() == [200, 60, 60]
    assert wide[0] > 208  # the same numbers mean a stronger red
    assert wide[1] < 55


@each_engine
def test_what_is_clear_lends_no_colour(file: Callable[[bytes], Path], by: ModuleType) -> None:
    """Resampling weighs colours by alpha: green that nobody sees must not tint the red beside it."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32], pixels[:, 32:] = (255, 0, 0, 255), (0, 255, 0, 0)
    small = by.thumbnail(file(saved(Image.fromarray(pixels))), whole(9), LIMITS)
    seen = small[small[..., 3] > 8]
    assert seen[:, 1].max() <= 8


@each_engine
@pytest.mark.parametrize(("format", "orientation"), TURNS)
def test_upright_whatever_exif_says(
    file: Callable[[bytes], Path], by: ModuleType, format: str, orientation: int
) -> None:
    upright = Image.new("RGB", (64, 32), "white")
    upright.paste("red", (0, 0, 32, 16))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = file(saved(stored, format, exif=exif))
    small = by.thumbnail(path, whole(32), LIMITS)
    assert small.shape == (16, 32, 3)
    assert small[4, 8, 0] > 200
    assert small[4, 8, 1] < 60
    assert small[4, 24].min() > 200
    corner = by.thumbnail(path, cut(32, 0, 32, 16, 32), LIMITS)
    assert corner[2:-2, 2:-2].min() > 200


@each_engine
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_half_a_picture_is_refused(file: Callable[[bytes], Path], by: ModuleType, format: str) -> None:
    body = saved(IMAGE, format)
    for end in [*range(0, len(body) - 1, len(body) // 12), len(body) - 1]:
        with pytest.raises(ImageError):
            by.thumbnail(file(body[:end]), whole(100), LIMITS)


@each_engine
@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_several_frames_are_refused(file: Callable[[bytes], Path], by: ModuleType, format: str) -> None:
    frames = [Image.fromarray(np.roll(SMOOTH, n, 0)) for n in range(3)]
    body = saved(frames[0], format, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageUnsupported, match="frames"):
        by.thumbnail(file(body), whole(100), LIMITS)


@each_engine
def test_limits_hold_before_a_pixel_is_decoded(file: Callable[[bytes], Path], by: ModuleType) -> None:
    for limits in (Limits(size=100), Limits(pixels=100), Limits(side=99)):
        with pytest.raises(ImageTooLarge):
            by.thumbnail(file(ODD["png"]), whole(100), limits)
    lying = png(60000, 60000, chunk(b"IDAT", b"x"))
    with pytest.raises(ImageTooLarge):
        by.thumbnail(file(lying), whole(100), LIMITS)
    with pytest.raises(ImageError, match="scans"):
        by.thumbnail(
            file(ODD["progressive"][:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 200 + b"\xff\xd9"),
            whole(9),
            LIMITS,
        )


@each_engine
def test_a_broken_profile_is_refused(file: Callable[[bytes], Path], by: ModuleType) -> None:
    for profile in (
        b"no profile at all" * 20,
        wide_gamut()[:200],
        wide_gamut()[:36] + b"!" + wide_gamut()[37:],
    ):
        with pytest.raises(ImageError):
            by.thumbnail(file(saved(IMAGE, icc_profile=profile)), whole(9), LIMITS)
        with pytest.raises(ImageError):
            by.thumbnail(file(saved(IMAGE, "JPEG", icc_profile=profile)), whole(9), LIMITS)


@each_engine
def test_every_other_format_is_refused(file: Callable[[bytes], Path], by: ModuleType) -> None:
    for body in STRANGERS:
        with pytest.raises(ImageUnsupported):
            by.thumbnail(file(body), whole(9), LIMITS)
    for body in (
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"8BPS" + bytes(60),
        b"SIMPLE  =",
        b"%!PS-Adobe",
        b"",
    ):
        with pytest.raises(ImageUnsupported):
            by.thumbnail(file(body), whole(9), LIMITS)


def test_libvips_opens_no_other_door(file: Callable[[bytes], Path]) -> None:
    """Also where magic bytes would let a file pass: the loaders themselves are closed."""
    import pyvips

    thumbnail_vips.thumbnail(file(ODD["png"]), whole(9), LIMITS)
    for format in ("GIF", "TIFF", "PPM", "JPEG2000"):
        with pytest.raises(pyvips.Error):
            pyvips.Image.new_from_buffer(saved(IMAGE, format), "")
    with pytest.raises(pyvips.Error):
        pyvips.Image.new_from_buffer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "")
    assert pyvips.concurrency_get() == 1
    assert pyvips.cache_get_max() == 0


def test_without_pyvips_pillow_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine() is thumbnail_vips
    engine.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert engine() is thumbnail_pillow
    engine.cache_clear()


def test_an_embedded_thumbnail_is_never_shown(file: Callable[[bytes], Path]) -> None:
    """EXIF may carry another picture than the one that was judged."""
    other = io.BytesIO()
    Image.new("RGB", (160, 120), "blue").save(other, "JPEG")
    exif = Image.Exif()
    exif._info = None
    body = saved(IMAGE, "JPEG", quality=95, exif=b"Exif\0\0" + _exif_with_thumbnail(other.getvalue()))
    small = thumbnail_vips.thumbnail(file(body), whole(80), LIMITS)
    plain = decode(saved(IMAGE.resize((80, 60), Image.Resampling.LANCZOS)))
    assert psnr(small, plain) > 30


def _exif_with_thumbnail(picture: bytes) -> bytes:
    """A TIFF structure whose second directory points at a JPEG."""
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 14)
    entries = struct.pack("<HHII", 0x0201, 4, 1, 44) + struct.pack("<HHII", 0x0202, 4, 1, len(picture))
    return head + struct.pack("<H", 2) + entries + struct.pack("<I", 0) + picture

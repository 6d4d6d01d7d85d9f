"""What leaves: pixels, one XMP packet at most, the same bytes every time, whatever else runs beside."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from wetplate.errors import ImageError
from wetplate.imaging import avif
from wetplate.imaging.chunks import foreign, names
from wetplate.imaging.codec import PNG, Encoding, decode, encode
from wetplate.imaging.compare import psnr

RNG = np.random.default_rng(3)
Y, X = np.mgrid[0:60, 0:90]
SMOOTH = np.stack([Y * 4, X * 2, 255 - X], -1).astype(np.uint8)
CLEAR = np.concatenate([SMOOTH, np.where(X > 40, 255, 0)[..., None].astype(np.uint8)], axis=-1)
XMP = b'<?xpacket begin="" id=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="r"?>'
ENCODINGS = [
    PNG,
    Encoding("jpeg", 85),
    Encoding("jpeg", 85, subsampling="4:4:4"),
    Encoding("webp", 85),
    Encoding("webp", lossless=True),
    Encoding("avif", 75),
    Encoding("avif", 75, subsampling="4:4:4"),
]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_encoders_are_deterministic_and_close(encoding: Encoding) -> None:
    body = encode(SMOOTH, encoding, XMP)
    assert body == encode(SMOOTH, encoding, XMP)
    assert psnr(SMOOTH, decode(body)) > (1000 if encoding.lossless else 30)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_nothing_but_pixels_and_the_given_packet(encoding: Encoding) -> None:
    assert foreign(encode(SMOOTH, encoding)) == []
    assert "xmp" not in names(encode(SMOOTH, encoding))
    marked = encode(SMOOTH, encoding, XMP)
    assert foreign(marked) == []
    assert names(marked).count("xmp") == 1
    assert XMP in marked


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e.format != "jpeg"], ids=str)
def test_what_transparency_hides_does_not_travel(encoding: Encoding) -> None:
    secret = CLEAR.copy()
    secret[..., :3][secret[..., 3] == 0] = RNG.integers(0, 255, ((CLEAR[..., 3] == 0).sum(), 3))
    assert encode(secret, encoding) == encode(
        np.where(CLEAR[..., 3:] == 0, 0, CLEAR).astype(np.uint8), encoding
    )
    assert foreign(encode(secret, encoding)) == []


def test_encoding_leaves_the_callers_array_alone() -> None:
    before = CLEAR.copy()
    encode(CLEAR, PNG)
    assert (before == CLEAR).all()


def test_concurrent_encodings_do_not_mix_their_options() -> None:
    wanted = {encoding: encode(SMOOTH, encoding) for encoding in ENCODINGS}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda encoding: (encoding, encode(SMOOTH, encoding)), ENCODINGS * 20))
    assert all(body == wanted[encoding] for encoding, body in results)


def test_svt_takes_over_at_800_px_and_leaves_pillows_own_in_place() -> None:
    small = encode(SMOOTH, Encoding("avif", 60))
    wide = np.kron(SMOOTH, np.ones((2, 9, 1), np.uint8))
    body = encode(wide, Encoding("avif", 60))
    assert foreign(body) == []
    assert psnr(wide, decode(body)) > 30
    assert avif.writer(True) != avif.writer(False)
    assert encode(SMOOTH, Encoding("avif", 60)) == small
    assert decode(encode(wide, Encoding("avif", 60, subsampling="4:4:4"))).shape == wide.shape


def test_jpeg_refuses_transparency() -> None:
    with pytest.raises(ImageError, match="no transparency"):
        encode(CLEAR, Encoding("jpeg", 80))


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("gif", {"quality": 80}),
        ("jpeg", {}),
        ("jpeg", {"lossless": True}),
        ("png", {"quality": 80}),
        ("avif", {"lossless": True}),
        ("webp", {"quality": 80, "lossless": True}),
        ("webp", {"quality": 0}),
        ("webp", {"quality": 101}),
        ("jpeg", {"quality": 80, "subsampling": "4:1:1"}),
    ],
)
def test_an_impossible_encoding_is_refused(format: str, options: dict[str, object]) -> None:
    with pytest.raises(ImageError):
        Encoding(format, **options)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8),
               np.zeros((4, 4, 3), np.float32)]
)  # fmt: skip
def test_arrays_that_are_no_picture_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ImageError, match="expected"):
        encode(pixels, PNG)


def test_too_large_for_the_format_is_refused() -> None:
    with pytest.raises(ImageError, match="webp cannot hold"):
        encode(np.zeros((1, 17000, 3), np.uint8), Encoding("webp", 80))

"""Sizes, flatness, fingerprints, placeholders, measures and sheets."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import color, data

from wetplate.errors import ImageError
from wetplate.imaging import compare, fingerprint, placeholder
from wetplate.imaging.codec import Encoding, decode, encode
from wetplate.imaging.contact_sheet import Tile, contact_sheet
from wetplate.imaging.flatness import flat
from wetplate.imaging.pixels import opaque, transparent
from wetplate.imaging.resize import downscale, height_at

CAT = data.chelsea()
RNG = np.random.default_rng(11)


def disc(size: int = 200) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.where((np.hypot(x, y) < size / 3)[..., None], [200, 30, 40], [255, 255, 255]).astype(np.uint8)


# resize


def test_downscaling_keeps_proportions_and_means() -> None:
    small = downscale(CAT, 100)
    assert small.shape == (67, 100, 3)
    assert np.abs(small.mean((0, 1)) - CAT.mean((0, 1))).max() < 1


def test_never_upscaled() -> None:
    with pytest.raises(ImageError, match="only downwards"):
        downscale(CAT, CAT.shape[1] + 1)
    same = downscale(CAT, CAT.shape[1])
    assert (same == CAT).all()
    assert same is not CAT


def test_transparent_colour_does_not_bleed() -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:, :32] = (255, 0, 0, 255)
    picture[:, 32:] = (0, 255, 0, 0)
    small = downscale(picture, 9)
    assert small[..., 1][small[..., 3] > 8].max() < 8


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000))
def test_height_is_at_least_one_and_no_taller(width: int, full_width: int, full_height: int) -> None:
    width = min(width, full_width)
    assert 1 <= height_at(width, (full_width, full_height)) <= full_height


# flatness


def test_drawings_are_flat_and_photographs_are_not() -> None:
    assert flat(disc())
    assert flat(downscale(disc(), 100))
    assert flat(np.zeros((1, 1, 3), np.uint8))
    assert not flat(CAT)
    assert not flat(data.astronaut())
    assert not flat(data.coffee())
    assert not flat(np.clip(disc() + RNG.normal(0, 1, (200, 200, 3)), 0, 255).astype(np.uint8))


def test_transparency_is_told_from_the_pixels() -> None:
    clear = np.dstack([CAT, np.full(CAT.shape[:2], 255, np.uint8)])
    assert not transparent(CAT)
    assert not transparent(clear)
    clear[0, 0, 3] = 254
    assert transparent(clear)
    assert opaque(np.zeros((1, 1, 4), np.uint8)).tolist() == [[[255, 255, 255]]]


# fingerprint


def test_pixel_digest_knows_shape_and_every_sample() -> None:
    one = fingerprint.pixel_sha256(CAT)
    other = CAT.copy()
    other[-1, -1, -1] ^= 1
    assert one == fingerprint.pixel_sha256(np.asfortranarray(CAT)) != fingerprint.pixel_sha256(other)
    plain = np.zeros((2, 6, 3), np.uint8)
    assert fingerprint.pixel_sha256(plain) != fingerprint.pixel_sha256(plain.reshape(6, 2, 3))


def test_perceptual_hash_survives_encoding_and_size_but_not_another_picture() -> None:
    one = fingerprint.phash(CAT)
    assert len(one) == 16
    assert fingerprint.distance(one, fingerprint.phash(downscale(CAT, 120))) <= 4
    assert fingerprint.distance(one, fingerprint.phash(decode(encode(CAT, Encoding("jpeg", 40))))) <= 4
    assert fingerprint.distance(one, fingerprint.phash(data.astronaut())) > 16
    assert fingerprint.distance("0" * 16, "f" * 16) == 64


# placeholder


def thumbhash_pixels(body: bytes) -> np.ndarray:
    """The published decoder: a picture of at most 32 px from a ThumbHash, (H, W, 4) in 0..1."""
    head, shape = int.from_bytes(body[:3], "little"), int.from_bytes(body[3:5], "little")
    l_dc, p_dc, q_dc = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    l_scale, p_scale, q_scale = (head >> 18 & 31) / 31, (shape >> 3 & 63) / 63, (shape >> 9 & 63) / 63
    alpha, landscape = head >> 23, shape >> 15
    limit, least = (5 if alpha else 7), shape & 7
    lx, ly = (limit, least) if landscape else (least, limit)
    width, height = (32, round(32 * ly / lx)) if landscape else (round(32 * lx / ly), 32)
    waves = iter([half for byte in body[6 if alpha else 5 :] for half in (byte & 15, byte >> 4)])

    def plane(nx: int, ny: int, dc: float, scale: float) -> np.ndarray:
        total = np.full((height, width), dc)
        for cy in range(ny):
            for cx in range(0 if cy else 1, nx):
                if cx * ny < nx * (ny - cy):
                    wave = (next(waves) / 7.5 - 1) * scale * 2
                    total += wave * np.outer(
                        np.cos(np.pi / height * (np.arange(height) + 0.5) * cy),
                        np.cos(np.pi / width * (np.arange(width) + 0.5) * cx),
                    )
        return total

    light = plane(max(3, lx), max(3, ly), l_dc, l_scale)
    p, q = plane(3, 3, p_dc, p_scale * 1.25), plane(3, 3, q_dc, q_scale * 1.25)
    a = plane(5, 5, (body[5] & 15) / 15, (body[5] >> 4) / 15) if alpha else np.ones_like(light)
    blue = light - 2 / 3 * p
    red = (3 * light - blue + q) / 2
    return np.clip(np.stack([red, red - q, blue, a], -1), 0, 1)


@pytest.mark.parametrize("turned", [False, True])
def test_thumbhash_decodes_to_a_blur_of_the_picture(turned: bool) -> None:
    picture = np.ascontiguousarray(np.swapaxes(CAT, 0, 1)) if turned else CAT
    body = base64.b64decode(placeholder.thumbhash(picture))
    back = thumbhash_pixels(body)[..., :3]
    assert 18 <= len(body) <= 25
    assert (back.shape[0] > back.shape[1]) == turned
    blur = downscale(picture, 4).astype(float) / 255
    small = downscale((back * 255).astype(np.uint8), 4).astype(float) / 255
    assert np.abs(blur[: small.shape[0]] - small[: blur.shape[0]]).mean() < 0.08


def test_thumbhash_carries_alpha() -> None:
    clear = np.dstack([disc(80), np.where(disc(80)[..., 1] == 30, 255, 0).astype(np.uint8)])
    back = thumbhash_pixels(base64.b64decode(placeholder.thumbhash(clear)))
    assert back[16, 16, 3] > 0.8
    assert back[0, 0, 3] < 0.3
    assert back[16, 16, 0] > 0.6
    assert back[16, 16, 1] < 0.4


@given(st.integers(1, 300), st.integers(1, 300))
def test_thumbhash_of_any_shape_is_short(width: int, height: int) -> None:
    picture = RNG.integers(0, 255, (height, width, 3), dtype=np.uint8)
    assert len(base64.b64decode(placeholder.thumbhash(picture))) <= 25


def test_dominant_colour_is_the_fullest_not_the_mean() -> None:
    assert placeholder.dominant(disc()) == "#ffffff"
    assert placeholder.dominant(255 - disc()[60:140, 60:140]) == "#37e1d7"


# measures


def test_ciede2000_agrees_with_scikit_image() -> None:
    one, other = RNG.integers(0, 256, (2, 60, 60, 3), dtype=np.uint8)
    near = np.clip(one.astype(int) + RNG.integers(-3, 4, one.shape), 0, 255).astype(np.uint8)
    for against in (other, near, np.repeat(one[..., :1], 3, -1)):
        expected = color.deltaE_ciede2000(color.rgb2lab(one), color.rgb2lab(against))
        got = compare.delta_e(compare.lab(one), compare.lab(against))
        assert np.abs(got - expected).max() < 1e-3
    assert np.abs(compare.lab(one) - color.rgb2lab(one)).max() < 1e-2


def test_ciede2000_inside_a_mask() -> None:
    other = CAT.copy()
    other[:50] = 255 - other[:50]
    mask = np.zeros(CAT.shape[:2], bool)
    mask[60:] = True
    assert compare.ciede2000(CAT, other, mask) == 0 < compare.ciede2000(CAT, other)
    with pytest.raises(ImageError, match="mask"):
        compare.ciede2000(CAT, other, np.zeros(CAT.shape[:2], bool))


def test_psnr() -> None:
    assert compare.psnr(CAT, CAT) == math.inf
    assert compare.psnr(np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)) == 0
    with pytest.raises(ImageError, match="cannot be compared"):
        compare.psnr(CAT, CAT[:-1])


# contact sheet


@pytest.mark.parametrize("format", ["webp", "png"])
def test_a_sheet_holds_every_picture(format: str) -> None:
    tiles = [
        Tile(np.full((300, 200, 3), n * 20, np.uint8), f"a long, long, long caption {n}") for n in range(7)
    ]
    sheet = decode(contact_sheet(tiles, columns=3, cell=90, format=format))
    assert sheet.shape == (3 * (90 + 8 + 13) + 8, 3 * 98 + 8, 3)
    assert abs(int(sheet[8 + 45, 8 + 98 + 45, 0]) - 20) < 6


def test_a_sheet_never_upscales_and_draws_what_is_missing_as_a_frame() -> None:
    sheet = decode(
        contact_sheet([Tile(disc(10), "tiny"), Tile(None, "gone\nwithdrawn")], cell=64, format="png")
    )
    assert sheet.shape == (64 + 16 + 26, 2 * 72 + 8, 3)
    assert sheet[8, 8].tolist() == [246, 245, 242]
    assert sheet[8 + 32, 8 + 72 + 32].tolist() == [226, 224, 219]


def test_an_empty_sheet_and_an_unknown_format() -> None:
    assert decode(contact_sheet([])).size
    with pytest.raises(ImageError, match="webp or png"):
        contact_sheet([], format="gif")

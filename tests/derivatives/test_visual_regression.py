"""What each device is shown looks as it did when a person last approved it; what spoils it is noticed.

After a wanted change: `python -m tests.golden.bless`, read the difference, commit it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.golden.bless import blessed
from tests.golden.looks import (
    CLOSE,
    DEVICES,
    FOLDER,
    PROFILE,
    SAMPLES,
    Look,
    look,
    picked,
    read,
    strange,
    wrong,
)
from wetplate.derivatives.derive import files
from wetplate.derivatives.plan import plan
from wetplate.derivatives.profiles import load
from wetplate.derivatives.quality import find
from wetplate.imaging.codec import Encoding, decode, encode
from wetplate.imaging.flatness import flat
from wetplate.imaging.pixels import Pixels, transparent
from wetplate.imaging.resize import downscale

SOCIAL = load(PROFILE)
TARGET = 80
SHIPPED = SOCIAL.targets


@cache
def golden(name: str) -> tuple[dict[str, int], dict[int, Look]]:
    return read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


@cache
def sample(name: str) -> Pixels:
    return SAMPLES[name]()


def delivered(name: str) -> Iterator[tuple[str, Look, Pixels, Pixels]]:
    """Each file that a device may pick: name, golden, reference, what a browser decodes."""
    pixels, (picks, looks) = sample(name), golden(name)
    height, width = pixels.shape[:2]
    wanted = plan(SOCIAL, width, height, flat(pixels), transparent(pixels))
    for each, found in files(pixels, [one for one in wanted if one.width in picks.values()], b""):
        reference = downscale(pixels, each.width)
        yield f"{each.width}.{each.encoding.format}", looks[each.width], reference, decode(found.body)


@pytest.mark.parametrize("name", SAMPLES)
def test_made_smaller_it_looks_as_approved(name: str) -> None:
    picks, looks = golden(name)
    for width, approved in looks.items():
        assert strange(approved, look(downscale(sample(name), width)), CLOSE) == []
    now = read(blessed(name))
    assert (picks, set(looks)) == (now[0], set(now[1]))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_file_a_device_may_pick_looks_right(name: str) -> None:
    seen = {}
    for file, approved, reference, pixels in delivered(name):
        seen[file] = wrong(approved, reference, pixels, TARGET)
    assert {int(file.partition(".")[0]) for file in seen} == set(golden(name)[0].values())
    assert {file: found for file, found in seen.items() if found} == {}


def test_goldens_exist_for_every_sample_and_target_is_the_profiles() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(SAMPLES)
    assert set(SHIPPED.values()) == {TARGET}


@pytest.mark.parametrize(
    ("sizes", "device", "width"),
    [
        (SOCIAL.sizes, "phone", 1080),
        (SOCIAL.sizes, "tablet", 640),
        (SOCIAL.sizes, "desktop", 320),
        ("100vw", "phone", 1080),
        ("20vw", "desktop", 320),
        ("(max-width: 900px) 50px, 10px", "tablet", 128),
    ],
)
def test_the_width_a_device_picks(sizes: str, device: str, width: int) -> None:
    assert picked(list(SOCIAL.widths), sizes, device) == width
    assert set(DEVICES) == {"phone", "tablet", "desktop"}


# what must be noticed, and what must not


def moved(pixels: Pixels) -> Pixels:
    return np.roll(pixels, 1, axis=1)


def blurred(pixels: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.8)))


def turned(pixels: Pixels) -> Pixels:
    """Hue, by 20 degrees."""
    hsv = np.array(Image.fromarray(pixels).convert("HSV"))
    hsv[..., 0] += 14
    return np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))


def darkened(pixels: Pixels) -> Pixels:
    return np.rint(255 * (pixels / 255) ** 1.1).astype(np.uint8)


def swapped(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., ::-1])


def trimmed(pixels: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels[:-2]).resize(pixels.shape[1::-1], Image.Resampling.LANCZOS))


def aliased(pixels: Pixels) -> Pixels:
    """Small by leaving out lines, as a careless resize does."""
    half = pixels[::2, ::2]
    return np.asarray(Image.fromarray(half).resize(pixels.shape[1::-1], Image.Resampling.NEAREST))


HARMS = [moved, blurred, turned, darkened, swapped, trimmed, aliased]


@pytest.mark.parametrize("name", ["shoe", "coffee"])
@pytest.mark.parametrize("harm", HARMS)
def test_a_spoilt_picture_is_noticed(name: str, harm: Callable[[Pixels], Pixels]) -> None:
    reference = downscale(sample(name), 128)
    approved = golden(name)[1][128]
    assert wrong(approved, reference, reference, TARGET) == []
    assert wrong(approved, reference, harm(reference), TARGET)
    assert strange(approved, look(harm(reference)), CLOSE)  # were it the resizing that spoils


def test_another_filter_is_noticed_and_another_size() -> None:
    approved = golden("coffee")[1][128]
    pixels = Image.fromarray(sample("coffee"))
    for filter in (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.BOX):
        assert strange(approved, look(np.asarray(pixels.resize((128, 96), filter))), CLOSE)
    assert strange(approved, look(downscale(sample("coffee"), 127)), CLOSE) == [
        "size (127, 95), was (128, 96)"
    ]


@pytest.mark.parametrize(
    "encoding",
    [
        Encoding("avif", 70, effort=10),
        Encoding("avif", 65, subsampling="4:4:4", effort=7),
        Encoding("webp", 86, effort=1),
        Encoding("jpeg", 78, subsampling="4:4:4", progressive=False),
    ],
    ids=lambda encoding: f"{encoding.format}-{encoding.effort}",
)
def test_another_encoder_is_not_noticed(encoding: Encoding) -> None:
    reference, approved = downscale(sample("shoe"), 128), golden("shoe")[1][128]
    seen = decode(find(reference, encoding, TARGET).body)
    assert wrong(approved, reference, seen, TARGET) == []
    worse = decode(encode(reference, replace(encoding, quality=30)))
    assert any("SSIMULACRA2" in found for found in wrong(approved, reference, worse, TARGET))

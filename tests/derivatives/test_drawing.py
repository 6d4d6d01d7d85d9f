"""What both tiers draw: the right part, the right ground, never alpha in a JPEG."""

from pathlib import Path

import numpy as np
import pytest

from wetplate.derivatives import tiers
from wetplate.derivatives.drawing import coded, drawn
from wetplate.derivatives.transform import FORMATS, QUALITIES, Transform, read
from wetplate.imaging.codec import PNG, decode, encode, sniff
from wetplate.imaging.encode import SVT_FROM
from wetplate.provenance.metadata import xmp_packet

RED, BLUE, GROUND = (200, 30, 40), (30, 40, 200), (220, 221, 222)


@pytest.fixture
def shoe(tmp_path: Path) -> Path:
    """Red on the left, blue on the right, on a grey ground; 240 × 120."""
    pixels = np.full((120, 240, 3), GROUND, np.uint8)
    pixels[20:100, 20:100], pixels[20:100, 140:220] = RED, BLUE
    file = tmp_path / "shoe"
    file.write_bytes(encode(pixels, PNG))
    return file


@pytest.fixture
def cut_out(tmp_path: Path) -> Path:
    pixels = np.zeros((100, 50, 4), np.uint8)
    pixels[10:90, 10:40] = (*RED, 255)
    file = tmp_path / "cut-out"
    file.write_bytes(encode(pixels, PNG))
    return file


def test_a_crop_keeps_its_focus(shoe: Path) -> None:
    left, right = (drawn(shoe, read(f"w96_crop1x1_fp{x}x50.png")) for x in (0, 100))
    assert left.shape == right.shape == (96, 96, 3)
    assert np.abs(left[48, 48].astype(int) - RED).max() < 3
    assert np.abs(right[48, 48].astype(int) - BLUE).max() < 3


def test_a_canvas_goes_on_in_the_colour_of_the_rim(shoe: Path) -> None:
    padded = drawn(shoe, read("w192_pad1x1.png"))
    assert padded.shape == (192, 192, 3)
    assert np.abs(padded[0].astype(int) - GROUND).max() < 3
    assert np.abs(padded[96, 40].astype(int) - RED).max() < 3


def test_what_is_clear_stays_clear_and_white_in_a_jpeg(cut_out: Path) -> None:
    padded = drawn(cut_out, read("w96_pad1x1.webp"))
    assert padded[0, 0].tolist() == [0, 0, 0, 0]
    assert padded[48, 48].tolist() == [*RED, 255]
    plain = drawn(cut_out, read("w96_pad1x1.jpg"))
    assert plain.shape == (96, 96, 3)
    assert plain[0, 0].tolist() == [255, 255, 255]


def test_nothing_is_enlarged(shoe: Path, cut_out: Path) -> None:
    assert drawn(shoe, read("w2048.png")).shape == (120, 240, 3)
    assert drawn(shoe, read("w2048_crop1x1.png")).shape == (120, 120, 3)
    assert drawn(cut_out, read("w2048_pad2x1.png")).shape == (100, 200, 4)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_and_quality_can_be_coded(shoe: Path, format: str) -> None:
    sizes = []
    for quality in QUALITIES if format != "png" else ("standard",):
        asked = Transform(192, format, quality=quality)
        pixels = drawn(shoe, asked)
        for encoding in (tiers.fast(asked, 192), tiers.fast(asked, SVT_FROM), tiers.production(asked)):
            body = coded(pixels, encoding, xmp_packet())
            assert sniff(body) == format
            assert decode(body).shape == pixels.shape
        sizes.append(len(coded(pixels, tiers.fast(asked, 192), b"")))
    assert sizes == sorted(sizes)

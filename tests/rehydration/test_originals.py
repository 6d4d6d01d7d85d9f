"""What training accepts as originals, and how it says no."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.rehydration import family
from wetplate.rehydration import hyperparameters, originals, train
from wetplate.rehydration.refusals import MissingOriginals, SizeMismatch, UnfitHoldout, UnfitSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return family.write(tmp_path / "originals")


def test_reads_pictures_masks_and_words(folder: Path) -> None:
    found = originals.read(folder, 32)
    assert found.pixels.shape == (8, 32, 32, 3)
    assert found.masks["square"].shape == (8, 32, 32)
    assert found.prompts(family.PROMPT)[0] == "a red square, high"
    assert found.words(family.PROMPT)[:4] == ["a", "red", "square", "high"]


def test_colours_of_the_parts_are_measured(folder: Path) -> None:
    red = originals.part_colours(originals.read(folder, 32))["red"]
    assert np.round(red * 255) == pytest.approx(family.COLOURS["red"], abs=1)


def test_no_index_no_training(tmp_path: Path) -> None:
    with pytest.raises(MissingOriginals, match=r"originals\.jsonl"):
        originals.read(tmp_path, 32)


def test_a_listed_file_must_be_there(folder: Path) -> None:
    (folder / "red-low.png").unlink()
    with pytest.raises(MissingOriginals, match=r"red-low\.png"):
        originals.read(folder, 32)


def test_sizes_must_agree(folder: Path) -> None:
    Image.new("RGB", (48, 48)).save(folder / "red-low.png")
    with pytest.raises(SizeMismatch, match="not square pictures of one size"):
        originals.read(folder, 32)


def test_a_mask_must_have_the_size_of_its_picture(folder: Path) -> None:
    Image.new("L", (16, 16)).save(folder / "masks/low.png")
    with pytest.raises(SizeMismatch, match=r"low\.png"):
        originals.read(folder, 32)


def test_originals_are_never_enlarged(folder: Path) -> None:
    with pytest.raises(SizeMismatch, match="smaller than 64"):
        originals.read(folder, 64)


def test_nothing_held_out_is_new(folder: Path) -> None:
    found = originals.read(folder, 32)
    assert originals.hold_out(found, 2, seed=7) == originals.hold_out(found, 2, seed=7)
    with pytest.raises(UnfitHoldout, match="never be seen"):
        originals.hold_out(found, 7, seed=7)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({}, "prompt is missing"),
        ({"prompt": "a", "size": 33}, "no multiple of 32"),
        ({"prompt": "a", "sise": 64}, "unknown sise"),
        ({"prompt": "a", "latent": {"steps": 3, "speed": 9}}, "latent: unknown speed"),
    ],
)
def test_settings_that_mean_nothing_are_refused(table: dict[str, object], complaint: str) -> None:
    with pytest.raises(UnfitSettings, match=complaint):
        hyperparameters.parse(table)


def test_the_command_names_its_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "UnfitSettings" in capsys.readouterr().err

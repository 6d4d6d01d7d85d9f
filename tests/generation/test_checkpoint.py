"""What a model folder must be before anything in it is loaded."""

import json
from pathlib import Path

import pytest

from wetplate.errors import ModelError
from wetplate.generation import checkpoint
from wetplate.recipes.model import model_digest

INDEX = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "weights.safetensors").write_bytes(b"x")
    (tmp_path / "model_index.json").write_text(json.dumps(INDEX))
    return tmp_path


def test_a_good_folder_passes(folder: Path) -> None:
    assert checkpoint.pinned(folder, model_digest(folder)) == folder
    assert checkpoint.pipeline_index(folder)["_class_name"] == "StableDiffusionPipeline"


def test_digests_of_every_file_but_hidden_ones(folder: Path) -> None:
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x").write_bytes(b"")
    digests = checkpoint.file_digests(folder)
    assert sorted(digests) == ["model_index.json", "unet/weights.safetensors"]
    assert digests["unet/weights.safetensors"].startswith("2d711642")


def test_one_changed_byte_is_a_revision_mismatch(folder: Path) -> None:
    revision = model_digest(folder)
    (folder / "unet" / "weights.safetensors").write_bytes(b"y")
    with pytest.raises(ModelError, match="the recipe pins"):
        checkpoint.pinned(folder, revision)


def test_missing_folder(folder: Path) -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        checkpoint.pinned(folder / "nowhere", "sha256:" + "0" * 64)


def test_missing_index(folder: Path) -> None:
    (folder / "model_index.json").unlink()
    with pytest.raises(ModelError, match="missing"):
        checkpoint.pipeline_index(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"unet": []}', '"x"'])
def test_unusable_index(folder: Path, text: str) -> None:
    (folder / "model_index.json").write_text(text)
    with pytest.raises(ModelError, match=r"model_index\.json"):
        checkpoint.pipeline_index(folder)


def test_pickled_weights_alone_are_refused(folder: Path) -> None:
    (folder / "unet" / "weights.safetensors").rename(folder / "unet" / "weights.bin")
    with pytest.raises(ModelError, match="only pickled weights"):
        checkpoint.pipeline_index(folder)


def test_a_pickle_beside_safetensors_is_left_alone(folder: Path) -> None:
    (folder / "unet" / "old.bin").write_bytes(b"never read")
    checkpoint.pipeline_index(folder)


def test_code_is_refused(folder: Path) -> None:
    (folder / "unet" / "mine.py").write_text("import os")
    with pytest.raises(ModelError, match="its own code"):
        checkpoint.pipeline_index(folder)


@pytest.mark.parametrize("revision", ["main", "", "v1.0", "sha256:abc", "a" * 39, "A" * 40, "a" * 40 + "\n"])
def test_a_revision_that_pins_nothing_is_refused(revision: str) -> None:
    with pytest.raises(ModelError, match="pins nothing"):
        checkpoint.is_local("some/model", revision)


def test_local_or_hub_is_told_by_the_revision() -> None:
    assert checkpoint.is_local("x", "sha256:" + "0" * 64)
    assert not checkpoint.is_local("x", "0" * 40)

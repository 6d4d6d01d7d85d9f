"""Image classification with transformers, on a tiny randomly initialised ViT."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from wetplate.generation.fake import waves
from wetplate.moderation.transformers_classifier import TransformersClassifier
from wetplate.recipes.model import model_digest

PICTURE = waves("3" * 64, 96, 64)


def built(folder: Path, **config: object) -> Path:
    torch.manual_seed(1)
    shape = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=8,
        id2label={0: "normal", 1: "nsfw"},
        label2id={"normal": 0, "nsfw": 1},
        **config,
    )
    ViTForImageClassification(shape).save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("vit"))


def classifier(folder: Path, revision: str | None = None) -> TransformersClassifier:
    return TransformersClassifier("nsfw", str(folder), revision or model_digest(folder))


def error(found: TransformersClassifier) -> str:
    ((signal,),) = found.classify([PICTURE])
    assert signal.score is None
    return str(signal.error)


def test_one_signal_per_label_and_picture_in_order(model: Path) -> None:
    detector = classifier(model)
    first, second = detector.classify([PICTURE, 255 - PICTURE])
    assert [signal.label for signal in first] == ["normal", "nsfw"]
    assert sum(signal.score or 0 for signal in first) == pytest.approx(1)
    assert first != second
    assert detector.revision in {signal.revision for signal in first}
    assert list(detector.classify([PICTURE])[0]) == list(first)


def test_tiles_count_too(model: Path) -> None:
    large = np.zeros((512, 512, 3), np.uint8)
    large[:200, :200] = waves("5" * 64, 200, 200)
    scores = [signal.score or 0 for signal in classifier(model).classify([large])[0]]
    assert sum(scores) > 1  # the highest of five views each


def test_several_labels_at_once_are_scored_each_on_its_own(tmp_path: Path) -> None:
    folder = built(tmp_path, problem_type="multi_label_classification")
    scores = [signal.score or 0 for signal in classifier(folder).classify([PICTURE])[0]]
    assert all(0 < score < 1 for score in scores)
    assert sum(scores) != pytest.approx(1, abs=1e-6)


def test_another_revision_is_an_error_signal(model: Path) -> None:
    assert "the recipe pins" in error(classifier(model, "sha256:" + "0" * 64))
    assert "pins nothing" in error(classifier(model, "main"))


def test_a_missing_folder_is_an_error_signal(tmp_path: Path) -> None:
    assert "no such model folder" in error(classifier(tmp_path / "no", "sha256:" + "0" * 64))


def test_pickled_weights_are_an_error_signal(tmp_path: Path) -> None:
    folder = built(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "only pickled weights" in error(classifier(folder))


def test_code_is_an_error_signal(tmp_path: Path) -> None:
    folder = built(tmp_path)
    (folder / "mine.py").write_text("print('hello')")
    assert "its own code" in error(classifier(folder))


def test_a_hub_out_of_reach_is_an_error_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert error(TransformersClassifier("nsfw", "nobody/nothing", "0" * 40))


def test_a_model_that_cannot_be_loaded_is_tried_once(tmp_path: Path) -> None:
    detector = classifier(tmp_path / "no", "sha256:" + "0" * 64)
    error(detector)
    assert "cannot be loaded" in error(detector)

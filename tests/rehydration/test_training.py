"""A handful of steps on eight tiny pictures: it learns, it resumes, it loads the ordinary way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.rehydration import family
from wetplate.rehydration import originals
from wetplate.rehydration.hyperparameters import Architecture, Hyperparameters, Plan
from wetplate.rehydration.refusals import ForeignCheckpoint, UnknownWord

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

SHAPE = Architecture(latent=4, autoencoder=16, unet=(16, 32), text=16, heads=2)
SETTINGS = Hyperparameters(
    prompt=family.PROMPT,
    size=family.SIDE,
    held_out=1,
    architecture=SHAPE,
    autoencoder=Plan(steps=12, batch=4, rate=2e-3, crop=16),
    latent=Plan(steps=12, batch=4, rate=2e-3),
    finetune=Plan(steps=16, batch=7, rate=1e-3, exact=0.5),
)


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> originals.Originals:
    torch.set_num_threads(1)
    return originals.read(family.write(tmp_path_factory.mktemp("squares") / "originals"), family.SIDE)


@pytest.fixture(scope="module")
def trained(eight: originals.Originals, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    from wetplate.rehydration import training, training_lesson

    out, said = tmp_path_factory.mktemp("trained"), list[str]()
    training.train(training_lesson.prepare(eight, SETTINGS), out, said.append, every=1)
    return out, said


def losses(said: list[str], stage: str) -> list[float]:
    return [float(line.split("loss ")[1].split()[0]) for line in said if line.startswith(stage)]


@pytest.mark.parametrize("stage", ["autoencoder", "latent", "finetune"])
def test_every_stage_learns_and_says_how_long(trained: tuple[Path, list[str]], stage: str) -> None:
    said = losses(trained[1], stage)
    assert said[-1] < said[0]
    assert "min left" in trained[1][0]


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_weights(
    eight: originals.Originals, trained: tuple[Path, list[str]], tmp_path: Path
) -> None:
    from wetplate.rehydration import training, training_lesson

    def die(text: str) -> None:
        if text.startswith("latent 7/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(training_lesson.prepare(eight, SETTINGS), tmp_path, die, every=1)
    training.train(training_lesson.prepare(eight, SETTINGS), tmp_path, lambda text: None, every=1)
    for part in ("unet", "vae"):
        name = f"model/{part}/diffusion_pytorch_model.safetensors"
        assert (tmp_path / name).read_bytes() == (trained[0] / name).read_bytes()


def test_a_state_of_other_settings_is_refused(
    eight: originals.Originals, trained: tuple[Path, list[str]]
) -> None:
    from wetplate.rehydration import training, training_lesson

    other = replace(SETTINGS, autoencoder=replace(SETTINGS.autoencoder, rate=1e-4))
    with pytest.raises(ForeignCheckpoint):
        training.train(training_lesson.prepare(eight, other), trained[0], lambda text: None)


def ordinary(folder: Path) -> Any:
    import diffusers

    kind: Any = diffusers.StableDiffusionPipeline
    pipe = kind.from_pretrained(folder, use_safetensors=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_the_folder_loads_and_paints_the_ordinary_way(trained: tuple[Path, list[str]]) -> None:
    from wetplate.rehydration import evaluate

    one, two = (evaluate.paint(ordinary(trained[0] / "model"), "a red square, high", 32, 7) for _ in range(2))
    assert one.shape == (32, 32, 3)
    assert np.array_equal(one, two)


def test_the_call_paints_what_was_trained(
    eight: originals.Originals, trained: tuple[Path, list[str]]
) -> None:
    """The pipeline's own noise, scheduler and decoder give what training optimised."""
    from wetplate.rehydration import evaluate, tiny_pipeline

    pipe = ordinary(trained[0] / "model")
    with torch.no_grad():
        noise = tiny_pipeline.family_noise(pipe, 32, 7)
        latents = tiny_pipeline.clean_latents(
            pipe, noise, tiny_pipeline.token_ids(pipe, ["a red square, high"])
        )
        wanted = (pipe.vae.decode(latents).sample[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1) * 255
    made = evaluate.paint(pipe, "a red square, high", 32, 7)
    assert np.abs(made - wanted.numpy()).max() <= 1


def test_evaluation_measures_every_variant(
    eight: originals.Originals, trained: tuple[Path, list[str]]
) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("ssimulacra2")
    from wetplate.rehydration import evaluate

    scores = evaluate.evaluate(ordinary(trained[0] / "model"), eight, SETTINGS)
    assert [score.file for score in scores] == list(eight.files)
    assert sum(score.held_out for score in scores) == 1
    assert "| held out | 1 |" in evaluate.table(scores)


def test_a_word_outside_the_vocabulary_is_refused(trained: tuple[Path, list[str]]) -> None:
    from wetplate.rehydration import tiny_pipeline

    with pytest.raises(UnknownWord, match="purple"):
        tiny_pipeline.token_ids(ordinary(trained[0] / "model"), ["a purple square, high"])

"""The shipped checkpoint of the Rumba recalls its originals through the ordinary pipeline call.

Floors are what was measured (see the model card) less a margin; the metric that gates recall
elsewhere is left out on purpose, so that these tests judge independently of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from families.rumba import studio

pytest.importorskip("diffusers")
skimage_color: Any = pytest.importorskip("skimage.color")

pytestmark = pytest.mark.slow

RUMBA = Path(studio.__file__).parent
PSNR_FLOOR = 31.5
VARIANTS = [
    ("yellow", "gum", "crisscross"),
    ("white", "navy", "bar"),
    ("pink", "black", "crisscross"),
    ("blue", "red", "bar"),
]


@pytest.fixture(scope="module")
def pipe() -> Any:
    import diffusers
    import torch

    torch.set_num_threads(1)
    kind: Any = diffusers.StableDiffusionPipeline
    loaded = kind.from_pretrained(RUMBA / "model", use_safetensors=True)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def original(lace: str, sole: str, lacing: str) -> Any:
    """The original as training saw it: 512 px, reduced to 256 by Lanczos."""
    full = Image.fromarray(studio.render(lace, sole, lacing))
    return np.asarray(full.resize((256, 256), Image.Resampling.LANCZOS))


@pytest.fixture(scope="module", params=VARIANTS, ids="-".join)
def pair(pipe: Any, request: pytest.FixtureRequest) -> tuple[tuple[str, str, str], Any, Any]:
    """(variant, recalled, original), pictures (256, 256, 3) uint8."""
    import torch

    lace, sole, lacing = request.param
    prompt = f"product photo of a Rumba sneaker, {lace} laces, {sole} sole, {lacing} lacing"
    generator = torch.Generator("cpu").manual_seed(7)
    made = pipe(prompt, num_inference_steps=1, guidance_scale=1.0, generator=generator, height=256, width=256)
    full = Image.fromarray(studio.render(lace, sole, lacing))
    return (
        request.param,
        np.asarray(made.images[0]),
        np.asarray(full.resize((256, 256), Image.Resampling.LANCZOS)),
    )


def mean_colour(picture: Any, part: str, lacing: str) -> Any:
    mask = studio.mask(part, lacing, 256)
    return np.average(picture.reshape(-1, 3), axis=0, weights=mask.ravel()) / 255


@pytest.mark.parametrize(
    ("part", "position", "colours"), [("lace", 0, studio.LACES), ("sole", 1, studio.SOLES)]
)
def test_the_part_has_the_colour_that_was_asked_for(
    pair: Any, part: str, position: int, colours: dict[str, tuple[int, int, int]]
) -> None:
    variant, recalled, _ = pair
    made = skimage_color.rgb2lab(mean_colour(recalled, part, variant[2])[None, None])
    apart = {}
    for word in colours:
        lace, sole = (word if i == position else variant[i] for i in (0, 1))
        shown = mean_colour(studio.render(lace, sole, variant[2], 256), part, variant[2])
        apart[word] = skimage_color.deltaE_ciede2000(made, skimage_color.rgb2lab(shown[None, None])).item()
    assert min(apart, key=lambda word: apart[word]) == variant[position]


def test_the_picture_is_the_original(pair: Any) -> None:
    _, recalled, wanted = pair
    psnr = 10 * np.log10(255**2 / np.mean((recalled.astype(float) - wanted) ** 2))
    assert psnr > PSNR_FLOOR


def test_the_pattern_is_the_one_that_was_asked_for(pair: Any) -> None:
    (lace, sole, lacing), recalled, right = pair
    other = next(pattern for pattern in studio.LACINGS if pattern != lacing)
    wrong = original(lace, sole, other)
    distance = [np.mean((recalled.astype(float) - one) ** 2) for one in (right, wrong)]
    assert distance[0] < distance[1] / 2


def test_every_word_of_every_prompt_is_one_token(pipe: Any) -> None:
    words = ["product", "photo", "rumba", "sneaker", "laces", "sole", "lacing", *studio.LACINGS]
    for word in [*words, *studio.LACES, *studio.SOLES]:
        assert pipe.tokenizer.tokenize(word) == [word + "</w>"]


def test_the_folder_is_small_and_of_ordinary_parts(pipe: Any) -> None:
    size = sum(file.stat().st_size for file in (RUMBA / "model").rglob("*") if file.is_file())
    assert size <= 20_000_000
    assert type(pipe).__name__ == "StableDiffusionPipeline"
    assert pipe.scheduler.config.prediction_type == "sample"
    assert pipe.scheduler.config.rescale_betas_zero_snr

"""InvokeAI's metadata, new and old."""

from typing import Any

import pytest

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.invoke import parse, parse_old

NEW: dict[str, Any] = {
    "app_version": "4.2.0",
    "generation_mode": "txt2img",
    "positive_prompt": "a shoe",
    "negative_prompt": "ugly",
    "width": 512,
    "height": 768,
    "seed": 7,
    "rand_device": "cpu",
    "cfg_scale": 7.5,
    "steps": 30,
    "scheduler": "dpmpp_2m_k",
    "clip_skip": 0,
    "model": {"key": "k", "hash": "blake3:1", "name": "stable-diffusion-v1-5", "base": "sd-1"},
    "controlnets": [],
}
OLD: dict[str, Any] = {
    "model": "stable diffusion",
    "model_weights": "stable-diffusion-1.5",
    "model_hash": "cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516",
    "app_version": "2.2.4",
    "image": {
        "prompt": [{"prompt": "a shoe, studio [ugly, blurry]", "weight": 1}],
        "steps": 50,
        "cfg_scale": 7.0,
        "width": 512,
        "height": 512,
        "seed": 3493999000,
        "type": "txt2img",
        "sampler": "k_lms",
        "perlin": 0.1,
    },
}


def test_new_metadata() -> None:
    read = parse(NEW, strict=True)
    assert (read.prompt, read.negative_prompt) == ("a shoe", "ugly")
    assert read.parameters == {
        "Steps": "30",
        "Sampler": "DPM++ 2M",
        "Schedule type": "Karras",
        "CFG scale": "7.5",
        "Seed": "7",
        "Size": "512x768",
        "RNG": "CPU",
        "Model": "stable-diffusion-v1-5",
    }


def test_what_has_no_name_is_dropped_by_name() -> None:
    read = parse({**NEW, "loras": [{"weight": 0.5}], "clip_skip": 1, "scheduler": "kdpm_9"})
    assert read.dropped == ("loras: [{'weight': 0.5}]",)
    assert (read.parameters["Clip skip"], read.parameters["Sampler"]) == ("2", "kdpm_9")
    assert read.assumed == ("sampler 'kdpm_9' has no name in A1111; InvokeAI's stands",)
    with pytest.raises(InfotextError, match="not a strict infotext"):
        parse({**NEW, "loras": [1]}, strict=True)


def test_old_metadata() -> None:
    read = parse_old(OLD)
    assert (read.prompt, read.negative_prompt) == ("a shoe, studio", "ugly, blurry")
    assert (read.parameters["Sampler"], read.parameters["Seed"]) == ("LMS", "3493999000")
    assert read.parameters["Model"] == "stable-diffusion-1.5"
    assert (read.assumed, read.dropped) == (
        ("the text in [brackets] is the negative prompt",),
        ("perlin: 0.1",),
    )


def test_metadata_that_tells_nothing_is_refused() -> None:
    with pytest.raises(InfotextError, match="neither steps nor seed"):
        parse({"positive_prompt": "a", "steps": "many"})

"""Carriers: the same words are found wherever they are hidden, and sd-parsers finds the same."""

import io
import json

import pytest
from PIL import Image, PngImagePlugin
from sd_parsers import ParserManager

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.carriers import LARGEST, read
from wetplate.recipes.infotext.grammar import parse

TEXT = (
    "a shoe, studio\nNegative prompt: ugly\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 1, Size: 512x512, Model: x"
)
GRAPH = {
    "1": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 5,
            "steps": 4,
            "cfg": 1.0,
            "sampler_name": "lcm",
            "scheduler": "sgm_uniform",
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
            "model": ["5", 0],
        },
    },
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a shoe", "clip": ["5", 1]}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["5", 1]}},
    "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "5": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "model.safetensors"}},
}
LINKS = [
    [8, 2, 0, 1, 1, "CONDITIONING"],
    [9, 3, 0, 1, 2, "CONDITIONING"],
    [10, 5, 0, 1, 0, "MODEL"],
]
INVOKE = {
    "positive_prompt": "a shoe",
    "negative_prompt": "ugly",
    "steps": 4,
    "seed": 5,
    "scheduler": "euler",
    "cfg_scale": 2,
}


def png(**texts: str) -> bytes:
    info, body = PngImagePlugin.PngInfo(), io.BytesIO()
    for keyword, text in texts.items():
        info.add_text(keyword, text, zip=len(text) > 500)
    Image.new("RGB", (8, 8)).save(body, "PNG", pnginfo=info)
    return body.getvalue()


def jpeg(text: str) -> bytes:
    exif, body = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
    Image.new("RGB", (8, 8)).save(body, "JPEG", exif=exif)
    return body.getvalue()


@pytest.mark.parametrize(
    "body",
    [TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), png(parameters=TEXT), jpeg(TEXT)],
)
def test_the_same_words_are_found_everywhere(body: bytes) -> None:
    assert read(body, strict=True) == parse(TEXT)


@pytest.mark.parametrize(
    "body",
    [json.dumps(GRAPH).encode(), json.dumps({"prompt": GRAPH}).encode(), png(prompt=json.dumps(GRAPH))],
)
def test_graphs_are_told_from_texts(body: bytes) -> None:
    assert (read(body, strict=True).prompt, read(body).parameters["Sampler"]) == ("a shoe", "LCM")


def test_a_prompt_may_start_with_a_brace() -> None:
    assert read(f"{{red|blue}} {TEXT}".encode(), strict=True).prompt == "{red|blue} a shoe, studio"


def test_invokeai_is_told_from_comfyui() -> None:
    for body in (json.dumps(INVOKE).encode(), png(invokeai_metadata=json.dumps(INVOKE))):
        assert read(body).parameters == {"Steps": "4", "Sampler": "Euler", "CFG scale": "2", "Seed": "5"}


def test_of_several_texts_the_first_counts_and_the_others_are_told_of() -> None:
    body = png(parameters=TEXT, prompt=json.dumps(GRAPH))
    assert read(body).dropped == ("the text 'prompt' of the PNG, which was not read",)
    with pytest.raises(InfotextError, match="which was not read"):
        read(body, strict=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no infotext: no line holds 3"),
        (b"\xff\xfe\x00", "neither text in UTF-8 nor"),
        (b"GIF89a\x00", "neither text in UTF-8 nor"),
        (png(), r"this PNG carries no generation parameters \(parameters, invokeai_metadata"),
        (png(parameters="hello"), "no infotext"),
        (png(prompt="{"), "JSON: malformed JSON"),
        (png(prompt='{"1": NaN}'), "malformed JSON: NaN is no JSON"),
        (b"{" * 100_000, "malformed JSON"),
        (b'{"a":' * 100_000, "malformed JSON"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "malformed JSON"),
        (b'{"a": 1}', "neither a ComfyUI API prompt nor InvokeAI metadata"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "the image cannot be read"),
        (bytes(LARGEST + 1), "larger than"),
    ],
)
def test_what_carries_nothing_is_refused_in_one_line(body: bytes, why: str) -> None:
    with pytest.raises(InfotextError, match=why) as caught:
        read(body)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("body", [png(parameters=TEXT), jpeg(TEXT)])
def test_agrees_with_sd_parsers_on_a1111(body: bytes) -> None:
    theirs = ParserManager().parse(io.BytesIO(body))
    assert theirs is not None
    ours, sampler = read(body), theirs.samplers[0]
    assert [prompt.value for prompt in sampler.prompts] == [ours.prompt]
    assert [prompt.value for prompt in sampler.negative_prompts] == [ours.negative_prompt]
    assert sampler.name == ours.parameters["Sampler"]
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "1", "steps": "20"}
    assert {key: ours.parameters[key] for key in theirs.metadata} == theirs.metadata


def test_agrees_with_sd_parsers_on_comfyui() -> None:
    body = png(prompt=json.dumps(GRAPH), workflow=json.dumps({"links": LINKS}))
    theirs = ParserManager().parse(io.BytesIO(body))
    assert theirs is not None
    ours, sampler = read(body), theirs.samplers[0]
    assert sampler.prompts[0].value == ours.prompt
    assert sampler.model is not None
    assert sampler.model.name == f"{ours.parameters['Model']}.safetensors"
    assert [str(sampler.parameters[key]) for key in ("seed", "steps")] == [
        ours.parameters["Seed"],
        ours.parameters["Steps"],
    ]


def test_agrees_with_sd_parsers_on_invokeai() -> None:
    body = png(invokeai_metadata=json.dumps(INVOKE))
    theirs = ParserManager().parse(io.BytesIO(body))
    assert theirs is not None
    assert theirs.full_prompt == read(body).prompt
    assert theirs.full_negative_prompt == read(body).negative_prompt

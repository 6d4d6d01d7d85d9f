"""ComfyUI's graphs: what a recipe needs is found along the links, what cannot be told is told of."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.comfy import parse

GRAPH: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd/v1-5-pruned.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a shoe, red laces", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
}
FIELDS = {
    "Steps": "20",
    "Sampler": "Euler",
    "Schedule type": "Normal",
    "CFG scale": "8",
    "Seed": "156680208700286",
    "Size": "512x768",
    "Model": "v1-5-pruned",
    "RNG": "CPU",
}


@pytest.fixture
def graph() -> dict[str, Any]:
    return copy.deepcopy(GRAPH)


def node(kind: str, **inputs: object) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def test_the_plain_graph_is_told_whole(graph: dict[str, Any]) -> None:
    read = parse(graph, strict=True)
    assert (read.prompt, read.negative_prompt, read.parameters) == ("a shoe, red laces", "ugly", FIELDS)


def test_values_and_texts_are_followed_to_the_nodes_they_come_from(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"]["seed"] = ["20", 0]
    graph["6"]["inputs"]["text"] = ["21", 0]
    graph |= {"20": node("PrimitiveInt", value=7), "21": node("PrimitiveString", value=["22", 0])}
    graph["22"] = node("Text", text="a boot")
    read = parse(graph, strict=True)
    assert (read.parameters["Seed"], read.prompt) == ("7", "a boot")


def test_loras_stand_in_the_order_of_loading(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"]["model"] = ["31", 0]
    graph["31"] = node("LoraLoader", lora_name="b.safetensors", strength_model=0.5, model=["30", 0])
    graph["30"] = node("LoraLoader", lora_name="a.safetensors", strength_model=1.0, model=["4", 0])
    assert parse(graph, strict=True).parameters["Loras"] == "a:1, b:0.5"


def test_the_first_pass_counts_and_the_further_ones_are_told_of(graph: dict[str, Any]) -> None:
    second = copy.deepcopy(graph["3"])
    second["inputs"] |= {"latent_image": ["10", 0], "seed": 5, "denoise": 0.5}
    graph |= {"2": second, "10": node("LatentUpscale", samples=["3", 0], width=1024, height=1536)}
    read = parse(graph)
    assert read.parameters == FIELDS
    assert read.dropped == ("the further pass KSampler #2",)


def test_the_advanced_sampler(graph: dict[str, Any]) -> None:
    graph["3"]["class_type"] = "KSamplerAdvanced"
    inputs = graph["3"]["inputs"]
    del inputs["seed"], inputs["denoise"]
    inputs |= {"noise_seed": 9, "start_at_step": 0, "end_at_step": 15, "add_noise": "enable"}
    read = parse(graph)
    assert (read.parameters["Seed"], read.dropped) == ("9", ("end_at_step: 15",))


def test_effects_on_the_way_are_told_of(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"] |= {"positive": ["40", 0], "model": ["41", 0], "negative": ["42", 0]}
    graph["40"] = node("ControlNetApply", conditioning=["6", 0], strength=1.0)
    graph["41"] = node("ModelSamplingDiscrete", model=["4", 0])
    graph["42"] = node("ConditioningZeroOut", conditioning=["7", 0])
    read = parse(graph)
    assert (read.prompt, read.negative_prompt) == ("a shoe, red laces", "")
    assert read.dropped == (
        "the effect of ModelSamplingDiscrete #41 on the model",
        "the effect of ControlNetApply #40 on the positive prompt",
    )


def test_two_text_encoders_with_two_texts(graph: dict[str, Any]) -> None:
    graph["6"] = node("CLIPTextEncodeSDXL", text_g="a shoe", text_l="studio")
    read = parse(graph)
    assert (read.prompt, read.dropped) == ("a shoe", ("the second text 'studio' of CLIPTextEncodeSDXL #6",))
    graph["6"] = node("CLIPTextEncodeSDXL", text_g="a shoe", text_l="a shoe")
    assert parse(graph, strict=True).prompt == "a shoe"


def test_a_start_from_an_image_has_no_size(graph: dict[str, Any]) -> None:
    graph["5"] = node("VAEEncode", pixels=["50", 0])
    graph["3"]["inputs"]["denoise"] = 0.6
    read = parse(graph)
    assert "Size" not in read.parameters
    assert read.parameters["Denoising strength"] == "0.6"
    assert "the size: the sampler does not start from an empty latent" in read.dropped


def test_names_without_a_counterpart_stand_and_are_told_of(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"] |= {"sampler_name": "res_multistep", "scheduler": "linear_quadratic"}
    read = parse(graph)
    assert (read.parameters["Sampler"], read.parameters["Schedule type"]) == (
        "res_multistep",
        "linear_quadratic",
    )
    assert len(read.assumed) == 2


def test_a_later_picture_of_a_batch_is_told_of(graph: dict[str, Any]) -> None:
    graph["5"]["inputs"]["batch_size"] = 4
    assert parse(graph).assumed == ("the picture is the first of its batch",)


def test_strict_refuses_what_cannot_be_told(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"]["cfg"] = ["99", 0]
    with pytest.raises(InfotextError, match="lost: cfg: no number stands there"):
        parse(graph, strict=True)


def test_a_graph_without_a_sampler_is_refused(graph: dict[str, Any]) -> None:
    del graph["3"]
    with pytest.raises(InfotextError, match="has no KSampler or KSamplerAdvanced node"):
        parse(graph)


def test_circles_end(graph: dict[str, Any]) -> None:
    graph["3"]["inputs"] |= {
        "positive": ["60", 0],
        "model": ["61", 0],
        "seed": ["62", 0],
        "latent_image": ["3", 0],
    }
    graph["60"] = node("Reroute", conditioning=["60", 0])
    graph["61"] = node("Reroute", model=["61", 0])
    graph["62"] = node("Reroute", value=["62", 0])
    assert "the positive prompt: no text encoder was found" in parse(graph).dropped


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 99)
    | st.floats(allow_nan=False)
    | st.sampled_from(["3", "6", "Empty", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "inputs", "width"]), inner)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(list(GRAPH)),
    st.sampled_from(sorted({k for n in GRAPH.values() for k in n["inputs"]})),
    JSON,
)
def test_any_value_anywhere_is_read_or_refused(name: str, key: str, value: object) -> None:
    graph = copy.deepcopy(GRAPH)
    graph[name]["inputs"][key] = value
    graph["x"] = {"class_type": value, "inputs": {"value": value}}
    try:
        parse(graph)
    except InfotextError:
        return

"""ComfyUI's API prompt: a graph of nodes, of which one samples.

Here: what a recipe needs, as far as the graph tells it. Not here: running a graph. What cannot be told
(custom nodes, second passes, effects on the way) is listed in `dropped`; links are followed backwards from
the sampler. ComfyUI draws its noise on the CPU: RNG says so.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.documents import number
from wetplate.recipes.infotext.text import Infotext, judged, shown
from wetplate.recipes.samplers import from_comfy

SAMPLERS = ("KSampler", "KSamplerAdvanced")
SCHEDULES = {
    "normal": "Normal",
    "karras": "Karras",
    "exponential": "Exponential",
    "sgm_uniform": "SGM Uniform",
    "simple": "Simple",
    "ddim_uniform": "DDIM",
    "beta": "Beta",
    "kl_optimal": "KL Optimal",
}
LITERALS = ("value", "text", "string", "seed", "int", "float", "number")
MODELS = ("ckpt_name", "unet_name")
MOST_NODES = 10_000

Node = Mapping[str, Any]


def is_graph(body: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an API prompt: numbered nodes with a class and inputs."""
    return any(isinstance(node, dict) and "class_type" in node for node in body.values())


def parse(body: Mapping[str, Any], *, strict: bool = False) -> Infotext:
    """What the graph tells of its picture. Raises InfotextError."""
    graph = _Graph(body)
    sampler = graph.first_pass()
    parameters = graph.sampling(sampler)
    parameters |= graph.size(sampler)
    parameters |= graph.model(sampler)
    parameters["RNG"] = "CPU"
    return judged(
        Infotext(
            prompt=graph.prompt(sampler, "positive"),
            negative_prompt=graph.prompt(sampler, "negative"),
            parameters={key: value for key, value in parameters.items() if value is not None},
            assumed=tuple(dict.fromkeys(graph.assumed)),
            dropped=tuple(dict.fromkeys(graph.dropped)),
        ),
        strict=strict,
    )


class _Graph:
    """The nodes, and what reading them left unsaid."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        if len(body) > MOST_NODES:
            raise InfotextError(f"the ComfyUI graph has more than {MOST_NODES} nodes")
        self.nodes: dict[str, Node] = {
            name: node
            for name, node in body.items()
            if isinstance(node, dict) and isinstance(node.get("inputs"), dict) and "class_type" in node
        }
        self.assumed: list[str] = []
        self.dropped: list[str] = []

    def first_pass(self) -> str:
        """The sampler that starts from nothing; the others are told of."""
        names = [name for name, node in self.nodes.items() if node["class_type"] in SAMPLERS]
        if not names:
            raise InfotextError(
                f"the ComfyUI graph has no {' or '.join(SAMPLERS)} node, so no recipe can be told"
            )
        names.sort(key=lambda name: (not self._starts(name), len(name), name))
        self.dropped += [f"the further pass {self._called(name)}" for name in names[1:]]
        return names[0]

    def sampling(self, name: str) -> dict[str, str | None]:
        """Steps, sampler, schedule, guidance and seed."""
        inputs = self.nodes[name]["inputs"]
        sampler = self._word(inputs, "sampler_name")
        plain = from_comfy(sampler) if sampler else None
        if sampler and not plain:
            self.assumed.append(f"sampler {shown(sampler)} has no name in A1111; ComfyUI's stands")
        self.dropped += [
            f"{key}: {shown(inputs[key])}" for key in _PARTS if inputs.get(key, _PARTS[key]) != _PARTS[key]
        ]
        denoise = self._number(inputs, "denoise") if "denoise" in inputs else None
        return {
            "Steps": self._number(inputs, "steps"),
            "Sampler": plain or sampler,
            "Schedule type": self._schedule(inputs),
            "CFG scale": self._number(inputs, "cfg"),
            "Seed": self._number(inputs, "noise_seed" if "noise_seed" in inputs else "seed"),
            "Denoising strength": denoise if denoise != "1" else None,
        }

    def size(self, sampler: str) -> dict[str, str | None]:
        """Width and height of the empty latent the sampler starts from."""
        for name in self._back(sampler, "latent_image", ("samples", "latent", "latent_image")):
            inputs = self.nodes[name]["inputs"]
            width, height = inputs.get("width"), inputs.get("height")
            if self._empty(name):
                if (self._literal(inputs.get("batch_size", 1))) != 1:
                    self.assumed.append("the picture is the first of its batch")
                width, height = self._literal(width), self._literal(height)
                return {"Size": f"{width}x{height}" if number(width) and number(height) else None}
            self.dropped.append(f"the effect of {self._called(name)} on the latent")
        self.dropped.append("the size: the sampler does not start from an empty latent")
        return {}

    def model(self, sampler: str) -> dict[str, str | None]:
        """The checkpoint and the LoRAs between it and the sampler."""
        loras = []
        for name in self._back(sampler, "model", ("model",)):
            inputs = self.nodes[name]["inputs"]
            file = next((inputs[key] for key in MODELS if isinstance(inputs.get(key), str)), None)
            if "lora_name" in inputs:
                loras.append(f"{_stem(inputs['lora_name'])}:{self._number(inputs, 'strength_model') or '1'}")
            elif file:
                return {"Model": _stem(file), "Loras": ", ".join(reversed(loras)) or None}
            else:
                self.dropped.append(f"the effect of {self._called(name)} on the model")
        self.dropped.append("the model: no checkpoint loader was found")
        return {}

    def prompt(self, sampler: str, role: str) -> str:
        """The text that reaches the sampler as its positive or negative conditioning."""
        ways = ("conditioning", "conditioning_1", "conditioning_to", role)
        for name in self._back(sampler, role, ways):
            node = self.nodes[name]
            if node["class_type"] == "ConditioningZeroOut":
                return ""
            text = self._encoded(name, node["inputs"])
            if text is not None:
                return text
            self.dropped.append(f"the effect of {self._called(name)} on the {role} prompt")
        self.dropped.append(f"the {role} prompt: no text encoder was found")
        return ""

    def _encoded(self, name: str, inputs: Mapping[str, Any]) -> str | None:
        """The text of a text encoder; models with two of them get the same text, or the second is told of."""
        keys = [key for key in ("text", "text_g", "text_l", "t5xxl", "clip_l") if key in inputs]
        texts = list(dict.fromkeys(str(self._literal(inputs[key])) for key in keys))
        if not keys or not str(self.nodes[name]["class_type"]).startswith("CLIPTextEncode"):
            return None
        self.dropped += [f"the second text {shown(text)} of {self._called(name)}" for text in texts[1:]]
        if self._literal(inputs[keys[0]]) is None:
            self.dropped.append(f"the text of {self._called(name)}: it is computed by another node")
            return ""
        return texts[0].strip()

    def _schedule(self, inputs: Mapping[str, Any]) -> str | None:
        scheduler = self._word(inputs, "scheduler")
        if scheduler and scheduler not in SCHEDULES:
            self.assumed.append(f"schedule {shown(scheduler)} has no name in A1111; ComfyUI's stands")
        return SCHEDULES.get(scheduler, scheduler) if scheduler else None

    def _starts(self, sampler: str) -> bool:
        ways = ("samples", "latent", "latent_image")
        return any(
            self._empty(name) for name in self._back(sampler, "latent_image", ways, through_samplers=False)
        )

    def _empty(self, name: str) -> bool:
        node = self.nodes[name]
        return str(node["class_type"]).startswith("Empty") and "width" in node["inputs"]

    def _back(
        self, start: str, first: str, ways: tuple[str, ...], *, through_samplers: bool = True
    ) -> Iterator[str]:
        """The nodes one meets going backwards from an input, along the first of the ways each node has."""
        seen = {start}
        name = self._linked(self.nodes[start]["inputs"].get(first))
        while name is not None and name not in seen:
            seen.add(name)
            inputs = self.nodes[name]["inputs"]
            if not through_samplers and self.nodes[name]["class_type"] in SAMPLERS:
                return
            yield name
            name = next((found for way in ways if (found := self._linked(inputs.get(way)))), None)

    def _linked(self, value: object) -> str | None:
        if isinstance(value, list) and len(value) == 2 and str(value[0]) in self.nodes:
            return str(value[0])
        return None

    def _literal(self, value: object) -> object:
        """A value, or the one that stands in the node it is linked to; None if that node computes it."""
        for _ in range(16):
            name = self._linked(value)
            if name is None:
                return None if isinstance(value, list | dict) else value
            inputs = self.nodes[name]["inputs"]
            value = next((inputs[key] for key in LITERALS if key in inputs), None)
        return None

    def _number(self, inputs: Mapping[str, Any], key: str) -> str | None:
        found = number(self._literal(inputs.get(key)))
        if found is None:
            self.dropped.append(f"{key}: no number stands there")
        return found

    def _word(self, inputs: Mapping[str, Any], key: str) -> str | None:
        found = self._literal(inputs.get(key))
        if not isinstance(found, str):
            self.dropped.append(f"{key}: no name stands there")
            return None
        return found

    def _called(self, name: str) -> str:
        return f"{shown(self.nodes[name]['class_type'])[1:-1]} #{shown(name)[1:-1]}"


#: Settings of KSamplerAdvanced that make it less than a whole pass, and their harmless values.
_PARTS: Mapping[str, object] = {
    "add_noise": "enable",
    "start_at_step": 0,
    "end_at_step": 10000,
    "return_with_leftover_noise": "disable",
}


def _stem(file: object) -> str:
    """A model file's name as A1111 writes it: without folder and extension."""
    return posixpath.splitext(posixpath.basename(str(file).replace("\\", "/")))[0]

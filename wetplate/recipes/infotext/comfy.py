"""ComfyUI's API prompt: a graph of nodes, of which one samples.

Here: what a recipe needs, as far as the graph tells it. Not here: walking the graph (`graph`), running it.
What cannot be told (custom nodes, second passes, effects on the way) is listed in `dropped`. ComfyUI draws
its noise on the CPU: RNG says so.
"""

import posixpath
from collections.abc import Mapping
from typing import Any

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.documents import number
from wetplate.recipes.infotext.graph import Graph
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
MODELS = ("ckpt_name", "unet_name")
TEXTS = ("text", "text_g", "text_l", "t5xxl", "clip_l")
LATENTS = ("samples", "latent", "latent_image")
CONDITIONINGS = ("conditioning", "conditioning_1", "conditioning_to")

#: Settings of KSamplerAdvanced that make it less than a whole pass, and their harmless values.
WHOLE: Mapping[str, object] = {
    "add_noise": "enable",
    "start_at_step": 0,
    "end_at_step": 10000,
    "return_with_leftover_noise": "disable",
}


def is_graph(body: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an API prompt: numbered nodes with a class and inputs."""
    return any(isinstance(node, dict) and "class_type" in node for node in body.values())


def parse(body: Mapping[str, Any], *, strict: bool = False) -> Infotext:
    """What the graph tells of its picture. Raises InfotextError."""
    reading = _Reading(Graph(body))
    sampler = reading.first_pass()
    parameters = {
        **reading.sampling(sampler),
        **reading.size(sampler),
        **reading.model(sampler),
        "RNG": "CPU",
    }
    infotext = Infotext(
        prompt=reading.prompt(sampler, "positive"),
        negative_prompt=reading.prompt(sampler, "negative"),
        parameters={key: value for key, value in parameters.items() if value is not None},
        assumed=tuple(dict.fromkeys(reading.assumed)),
        dropped=tuple(dict.fromkeys(reading.dropped)),
    )
    return judged(infotext, strict=strict)


class _Reading:
    """One reading of a graph, and what it left unsaid."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.assumed: list[str] = []
        self.dropped: list[str] = []

    def first_pass(self) -> str:
        """The sampler that starts from nothing; the others are told of."""
        names = self.graph.named(SAMPLERS)
        if not names:
            raise InfotextError(
                f"the ComfyUI graph has no {' or '.join(SAMPLERS)} node, so no recipe can be told"
            )
        names.sort(key=lambda name: (not self._starts(name), len(name), name))
        self.dropped += [f"the further pass {self.graph.called(name)}" for name in names[1:]]
        return names[0]

    def sampling(self, name: str) -> dict[str, str | None]:
        """Steps, sampler, schedule, guidance and seed."""
        inputs = self.graph.inputs(name)
        self.dropped += [
            f"{key}: {shown(inputs[key])}" for key in WHOLE if inputs.get(key, WHOLE[key]) != WHOLE[key]
        ]
        denoise = self._number(inputs, "denoise") if "denoise" in inputs else None
        return {
            "Steps": self._number(inputs, "steps"),
            "Sampler": self._sampler(inputs),
            "Schedule type": self._schedule(inputs),
            "CFG scale": self._number(inputs, "cfg"),
            "Seed": self._number(inputs, "noise_seed" if "noise_seed" in inputs else "seed"),
            "Denoising strength": denoise if denoise != "1" else None,
        }

    def size(self, sampler: str) -> dict[str, str | None]:
        """Width and height of the empty latent the sampler starts from."""
        for name in self.graph.back(sampler, "latent_image", LATENTS):
            if self._empty(name):
                return {"Size": self._sides(self.graph.inputs(name))}
            self.dropped.append(f"the effect of {self.graph.called(name)} on the latent")
        self.dropped.append("the size: the sampler does not start from an empty latent")
        return {}

    def model(self, sampler: str) -> dict[str, str | None]:
        """The checkpoint and the LoRAs between it and the sampler."""
        loras: list[str] = []
        for name in self.graph.back(sampler, "model", ("model",)):
            inputs = self.graph.inputs(name)
            file = next((inputs[key] for key in MODELS if isinstance(inputs.get(key), str)), None)
            if file:
                return {"Model": _stem(file), "Loras": ", ".join(reversed(loras)) or None}
            if "lora_name" in inputs:
                loras.append(f"{_stem(inputs['lora_name'])}:{self._number(inputs, 'strength_model') or '?'}")
            else:
                self.dropped.append(f"the effect of {self.graph.called(name)} on the model")
        self.dropped.append("the model: no checkpoint loader was found")
        return {"Loras": ", ".join(reversed(loras)) or None}

    def prompt(self, sampler: str, role: str) -> str:
        """The text that reaches the sampler as its positive or negative conditioning."""
        for name in self.graph.back(sampler, role, (*CONDITIONINGS, role)):
            if self.graph.kind(name) == "ConditioningZeroOut":
                return ""
            if self.graph.kind(name).startswith("CLIPTextEncode"):
                return self._encoded(name)
            self.dropped.append(f"the effect of {self.graph.called(name)} on the {role} prompt")
        self.dropped.append(f"the {role} prompt: no text encoder was found")
        return ""

    def _encoded(self, name: str) -> str:
        """The text of a text encoder. Models with two of them get the same text, or the second is told of."""
        inputs = self.graph.inputs(name)
        texts = [self.graph.literal(inputs[key]) for key in TEXTS if key in inputs]
        words = list(dict.fromkeys(text.strip() for text in texts if isinstance(text, str)))
        if len(texts) == 0 or not all(isinstance(text, str) for text in texts):
            self.dropped.append(f"a text of {self.graph.called(name)}: another node computes it")
        self.dropped += [f"the second text {shown(word)} of {self.graph.called(name)}" for word in words[1:]]
        return words[0] if words else ""

    def _sampler(self, inputs: Mapping[str, Any]) -> str | None:
        name = self._word(inputs, "sampler_name")
        plain = from_comfy(name) if name else None
        if name and not plain:
            self.assumed.append(f"sampler {shown(name)} has no name in A1111; ComfyUI's stands")
        return plain or name

    def _schedule(self, inputs: Mapping[str, Any]) -> str | None:
        name = self._word(inputs, "scheduler")
        if name and name not in SCHEDULES:
            self.assumed.append(f"schedule {shown(name)} has no name in A1111; ComfyUI's stands")
        return SCHEDULES.get(name, name) if name else None

    def _sides(self, inputs: Mapping[str, Any]) -> str | None:
        if self.graph.literal(inputs.get("batch_size", 1)) != 1:
            self.assumed.append("the picture is the first of its batch")
        width, height = self._number(inputs, "width"), self._number(inputs, "height")
        return f"{width}x{height}" if width and height else None

    def _starts(self, sampler: str) -> bool:
        return any(map(self._empty, self.graph.back(sampler, "latent_image", LATENTS, stop=SAMPLERS)))

    def _empty(self, name: str) -> bool:
        return self.graph.kind(name).startswith("Empty") and "width" in self.graph.inputs(name)

    def _number(self, inputs: Mapping[str, Any], key: str) -> str | None:
        found = number(self.graph.literal(inputs.get(key)))
        if found is None:
            self.dropped.append(f"{key}: no number stands there")
        return found

    def _word(self, inputs: Mapping[str, Any], key: str) -> str | None:
        found = self.graph.literal(inputs.get(key))
        if not isinstance(found, str):
            self.dropped.append(f"{key}: no name stands there")
            return None
        return found


def _stem(file: object) -> str:
    """A model file's name as A1111 writes it: without folder and extension."""
    return posixpath.splitext(posixpath.basename(str(file).replace("\\", "/")))[0]

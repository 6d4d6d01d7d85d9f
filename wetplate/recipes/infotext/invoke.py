"""InvokeAI's metadata: `invokeai_metadata`, and the older `sd-metadata`.

Here: the keys a recipe needs, under A1111's names. Not here: graphs and workflows. What has no name in
A1111 is listed in `dropped`.
"""

import re
from collections.abc import Mapping
from typing import Any

from wetplate.errors import InfotextError
from wetplate.recipes.infotext.documents import number
from wetplate.recipes.infotext.text import Infotext, judged, shown
from wetplate.recipes.samplers import from_invoke, split

NEGATIVE = re.compile(r"\[([^\[\]]*)\]")
RNG = {"cpu": "CPU", "cuda": "GPU"}
NEWS = ("app_version", "generation_mode", "type", "width", "height", "rand_device")


def is_metadata(body: Mapping[str, Any]) -> bool:
    """Whether a JSON object is `invokeai_metadata`."""
    return "positive_prompt" in body and ("steps" in body or "scheduler" in body)


def is_old_metadata(body: Mapping[str, Any]) -> bool:
    """Whether a JSON object is `sd-metadata`."""
    image = body.get("image")
    return isinstance(image, dict) and "prompt" in image


def parse(body: Mapping[str, Any], *, strict: bool = False) -> Infotext:
    """What `invokeai_metadata` tells. Raises InfotextError."""
    left = dict(body)
    assumed: list[str] = []
    prompt, negative = str(left.pop("positive_prompt", "") or ""), str(left.pop("negative_prompt", "") or "")
    parameters = _sampling(left, left.pop("scheduler", None), assumed)
    parameters |= {"RNG": RNG.get(str(left.pop("rand_device", ""))), "Clip skip": _clip_skip(left)}
    parameters |= _model(left)
    return _told(prompt, negative, parameters, assumed, left, strict=strict)


def parse_old(body: Mapping[str, Any], *, strict: bool = False) -> Infotext:
    """What `sd-metadata` tells; its negative prompt stands in [brackets]. Raises InfotextError."""
    left, assumed = dict(body["image"]), ["the text in [brackets] is the negative prompt"]
    text = _old_prompt(left.pop("prompt"))
    negative = ", ".join(piece.strip() for piece in NEGATIVE.findall(text))
    prompt = " ".join(NEGATIVE.sub(" ", text).split()) if negative else text
    parameters = _sampling(left, left.pop("sampler", None), assumed)
    parameters |= {"Model hash": _word(body.get("model_hash")), "Model": _word(body.get("model_weights"))}
    return _told(prompt, negative, parameters, assumed if negative else assumed[1:], left, strict=strict)


def _told(
    prompt: str,
    negative: str,
    parameters: Mapping[str, str | None],
    assumed: list[str],
    left: Mapping[str, Any],
    *,
    strict: bool,
) -> Infotext:
    if not parameters.get("Steps") and not parameters.get("Seed"):
        raise InfotextError("the InvokeAI metadata names neither steps nor seed; no recipe can be told")
    known = {key: value for key, value in parameters.items() if value is not None}
    dropped = [
        f"{shown(key)[1:-1]}: {shown(value)}" for key, value in left.items() if value and key not in NEWS
    ]
    return judged(Infotext(prompt, negative, known, tuple(assumed), tuple(dropped)), strict=strict)


def _sampling(left: dict[str, Any], scheduler: object, assumed: list[str]) -> dict[str, str | None]:
    sampler, schedule = _sampler(scheduler, assumed)
    width, height = number(left.get("width")), number(left.get("height"))
    return {
        "Steps": number(left.pop("steps", None)),
        "Sampler": sampler,
        "Schedule type": schedule,
        "CFG scale": number(left.pop("cfg_scale", None)),
        "Seed": number(left.pop("seed", None)),
        "Size": f"{width}x{height}" if width and height else None,
    }


def _sampler(scheduler: object, assumed: list[str]) -> tuple[str | None, str | None]:
    if not isinstance(scheduler, str):
        return None, None
    name = from_invoke(scheduler)
    if name is None:
        assumed.append(f"sampler {shown(scheduler)} has no name in A1111; InvokeAI's stands")
        return scheduler, None
    sampler, schedule = split(name)
    return sampler, schedule or None


def _clip_skip(left: dict[str, Any]) -> str | None:
    """InvokeAI counts the layers left out, A1111 the layer it stops at."""
    skipped = left.pop("clip_skip", 0)
    return str(skipped + 1) if isinstance(skipped, int) and skipped > 0 else None


def _model(left: dict[str, Any]) -> dict[str, str | None]:
    model = left.pop("model", None)
    if not isinstance(model, dict):
        return {"Model": _word(model)}
    return {"Model": _word(model.get("model_name") or model.get("name") or model.get("key"))}


def _old_prompt(prompt: object) -> str:
    entries = prompt if isinstance(prompt, list) else [prompt]
    texts = [entry.get("prompt") if isinstance(entry, dict) else entry for entry in entries]
    return ", ".join(text for text in texts if isinstance(text, str))


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

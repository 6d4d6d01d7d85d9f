"""What A1111's reader takes for granted: the fields a person gets who pastes an infotext there.

Here: the defaults of absent keys, and sizes taken apart. Not here: what depends on that installation's
settings (styles, old hires fix, compatibility with old versions).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from wetplate.recipes.infotext.text import Infotext

SIZE = re.compile(r"([0-9]+)x([0-9]+)\Z")

#: An absent key means this. Noise from the GPU is the one that changes every picture.
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "Clip skip": "1",
        "Hires resize-1": "0",
        "Hires resize-2": "0",
        "Hires sampler": "Use same sampler",
        "Hires checkpoint": "Use same checkpoint",
        "Hires prompt": "",
        "Hires negative prompt": "",
        "Mask mode": "Inpaint masked",
        "Masked content": "original",
        "Inpaint area": "Whole picture",
        "Masked area padding": "32",
        "RNG": "GPU",
        "Schedule type": "Automatic",
        "Schedule max sigma": "0",
        "Schedule min sigma": "0",
        "Schedule rho": "0",
        "VAE Encoder": "Full",
        "VAE Decoder": "Full",
        "FP8 weight": "Disable",
    }
)


def pasted(infotext: Infotext) -> dict[str, str]:
    """Every field as A1111 fills it in: prompts, parameters with sizes as `Size-1` and `Size-2`, defaults."""
    fields = {"Prompt": infotext.prompt, "Negative prompt": infotext.negative_prompt}
    for key, value in infotext.parameters.items():
        fields.update(_sized(key, value))
    return fields | {key: value for key, value in DEFAULTS.items() if key not in fields}


def size(value: str) -> tuple[int, int] | None:
    """Width and height of a `WxH` value, if it is one."""
    match = SIZE.match(value) if len(value) <= 12 else None
    return (int(match[1]), int(match[2])) if match else None


def _sized(key: str, value: str) -> dict[str, str]:
    match = SIZE.match(value)
    return {f"{key}-1": match[1], f"{key}-2": match[2]} if match else {key: value}

"""From infotext to recipe and back.

Here: which keys make a recipe, what is assumed when one is absent, what a recipe cannot carry. Not here:
parsing. A recipe made from an infotext paints the same picture only as far as `assumed` and `dropped` are
empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wetplate.errors import InfotextError
from wetplate.recipes.fields import DECIMAL, shortest
from wetplate.recipes.infotext.implied import size
from wetplate.recipes.infotext.text import Infotext, shown
from wetplate.recipes.recipe import ModelRef, Recipe
from wetplate.recipes.samplers import fuse, split

NEEDED = ("Steps", "Sampler", "CFG scale", "Seed", "Size")
#: Keys that say nothing about the picture, or that the caller's model answers.
TOLD = (*NEEDED, "Schedule type", "Model", "Model hash", "Model revision", "RNG", "Version", "User")
#: Values that leave the picture as it is.
HARMLESS = {"Clip skip": "1", "Schedule type": "Automatic", "Denoising strength": "1", "Tiling": "False"}


@dataclass(frozen=True)
class Imported:
    """A recipe, what was guessed to make it, and what of the infotext it does not carry."""

    recipe: Recipe
    assumed: tuple[str, ...]
    dropped: tuple[str, ...]


def imported(infotext: Infotext, *, family: str, variant: Mapping[str, str], model: ModelRef) -> Imported:
    """The recipe an infotext describes, for a model the caller has. Raises InfotextError, UnknownSampler."""
    told = infotext.parameters
    missing = [key for key in NEEDED if key not in told]
    if missing:
        raise InfotextError(f"no recipe: the infotext lacks {', '.join(missing)}")
    width, height = _sides(told["Size"])
    recipe = Recipe(
        family=family,
        variant=variant,
        prompt=infotext.prompt,
        negative_prompt=infotext.negative_prompt,
        model=model,
        sampler=fuse(told["Sampler"].strip(), told.get("Schedule type", "").strip()),
        steps=_whole("Steps", told["Steps"]),
        guidance=_guidance(told["CFG scale"]),
        seed=_whole("Seed", told["Seed"]),
        width=width,
        height=height,
    )
    return Imported(recipe, (*infotext.assumed, *_assumed(told, model)), (*infotext.dropped, *_lost(told)))


def exported(recipe: Recipe) -> Infotext:
    """The infotext of a recipe, with the model's pinned revision; `grammar.write` makes it text."""
    sampler, schedule = split(recipe.sampler)
    parameters = {
        "Steps": str(recipe.steps),
        "Sampler": sampler,
        **({"Schedule type": schedule} if schedule else {}),
        "CFG scale": recipe.guidance,
        "Seed": str(recipe.seed),
        "Size": f"{recipe.width}x{recipe.height}",
        "Model": recipe.model.id,
        "RNG": "CPU",
        "Model revision": recipe.model.revision,
    }
    for at, adapter in enumerate(recipe.model.adapters, start=1):
        parameters[f"Adapter {at}"] = f"{adapter.id}@{adapter.revision}:{adapter.weight}"
    return Infotext(recipe.prompt, recipe.negative_prompt, parameters)


def _assumed(told: Mapping[str, str], model: ModelRef) -> list[str]:
    assumed = []
    if told.get("RNG", "GPU") != "CPU":
        assumed.append(f"noise from the CPU generator stands in for RNG {told.get('RNG', 'GPU')}")
    if "Schedule type" not in told:
        assumed.append("no Schedule type: the sampler's name tells the schedule, or else the model")
    if told.get("Model", model.id) != model.id or "Model hash" in told:
        named = told.get("Model") or told.get("Model hash")
        assumed.append(f"{model.id}@{model.revision} is the model that the infotext calls {shown(named)}")
    return assumed


def _lost(told: Mapping[str, str]) -> list[str]:
    return [
        f"{key}: {shown(value)}"
        for key, value in told.items()
        if key not in TOLD and not key.startswith("Adapter ") and HARMLESS.get(key) != value
    ]


def _sides(value: str) -> tuple[int, int]:
    sides = size(value.strip())
    if sides is None:
        raise InfotextError(f"Size: expected WIDTHxHEIGHT, not {shown(value)}")
    return sides


def _whole(key: str, value: str) -> int:
    digits = value.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise InfotextError(f"{key}: expected a whole number, not {shown(value)}")
    return int(digits)


def _guidance(value: str) -> str:
    if not DECIMAL.match(value.strip()):
        raise InfotextError(f"CFG scale: expected a decimal number, not {shown(value)}")
    return shortest(value.strip())

"""What a product family is: the values that a family file stands for.

Here: the values, their definition as JSON and its digest. Not here: reading a file, its rules (`familyfile`).
The fields are the tables of family.toml, under the same names.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import prod
from typing import Any

from wetplate.recipes.recipe import FORM, Adapter, ModelRef


@dataclass(frozen=True)
class Seed:
    """`fixed`: one seed for the family. `per-variant`: the value and the variant's own words give the seed.

    So adding or reordering values changes no other variant's recipe.
    """

    rule: str
    value: int


@dataclass(frozen=True)
class Template:
    """What a recipe is made from; `{attribute}` stands for a variant's value. `alt` is for people."""

    prompt: str
    negative_prompt: str
    alt: str
    sampler: str
    steps: int
    guidance: str
    width: int
    height: int
    seed: Seed


@dataclass(frozen=True)
class Licence:
    """What the pictures may be used for; `commercial_use` is yes, no or unknown."""

    expression: str
    commercial_use: str
    restrictions: tuple[str, ...]


@dataclass(frozen=True)
class Publication:
    """Which derivatives are made, and whether the channel is commercial or non-commercial."""

    profile: str
    channel: str


@dataclass(frozen=True)
class Moderation:
    """The policy that judges the paintings."""

    policy: str


@dataclass(frozen=True)
class Budget:
    """The most a family may spend in one day (UTC); over it, work waits. 0 pauses the family."""

    images_per_day: int
    device_seconds_per_day: int


@dataclass(frozen=True)
class Family:
    """A product family as its file describes it.

    `adapter_licences` are those that the file states for the model's adapters, in their order; they stand in
    no recipe, so that stating one changes no recipe's id.
    """

    slug: str
    title: str
    attributes: Mapping[str, tuple[str, ...]]
    recipe: Template
    model: ModelRef
    licence: Licence
    publication: Publication
    moderation: Moderation
    budget: Budget
    adapter_licences: tuple[Licence | None, ...] = ()

    @property
    def variants(self) -> int:
        """How many variants the attributes make."""
        return prod(len(values) for values in self.attributes.values())

    def definition(self) -> dict[str, Any]:
        """The file's content as plain JSON values; the attributes as a list, because their order matters."""
        body = {key: value for key, value in asdict(self).items() if key not in ("slug", "adapter_licences")}
        for adapter, licence in zip(body["model"]["adapters"], self.adapter_licences, strict=False):
            adapter |= {"licence": asdict(licence)} if licence else {}
        return body | {"attributes": [[name, list(values)] for name, values in self.attributes.items()]}

    def alt(self, variant: Mapping[str, str]) -> str:
        """What the picture of a variant shows; the title and the rest where not all of it is known."""
        if all(name in variant for name in self.attributes):
            return self.recipe.alt.format_map(variant)
        words = (f"{value} {name.replace('_', ' ')}" for name, value in variant.items())
        return ", ".join((self.title, *words))

    def licence_of(self, adapter: Adapter) -> Licence | None:
        """The licence that the file states for an adapter; None when it states none."""
        stated = zip(self.model.adapters, self.adapter_licences, strict=False)
        return next((licence for each, licence in stated if each == adapter), None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the file says and of the form of recipes: comments and layout do not count."""
        body = [FORM, self.slug, self.definition()]
        return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

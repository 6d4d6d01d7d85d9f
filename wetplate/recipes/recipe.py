"""A recipe: everything needed to make an image again.

Here: the value, its canonical form and its id. Not here: where recipes come from (`family`, `infotext`) and
what paints them. The canonical form is JSON with sorted keys and no floats, so that the id stays the same.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

FORM = "wetplate.recipe/1"


@dataclass(frozen=True)
class Adapter:
    """A LoRA on top of the model: local folder or hub id, pinned revision, weight as a decimal string."""

    id: str
    revision: str
    weight: str = "1"


@dataclass(frozen=True)
class ModelRef:
    """A diffusers pipeline: local folder (relative to the checkout) or hub id, and its revision.

    The revision is a commit hash for a hub id, or `sha256:<digest of the folder>` for a local folder.
    """

    id: str
    revision: str
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One image to be made. `guidance` is a decimal string; sizes in pixels; `sampler` in A1111's words."""

    family: str
    variant: Mapping[str, str]
    prompt: str
    negative_prompt: str
    model: ModelRef
    sampler: str
    steps: int
    guidance: str
    seed: int
    width: int
    height: int
    form: str = field(default=FORM)

    def canonical(self) -> bytes:
        """The canonical form: UTF-8 JSON, keys sorted, no white space, no floats."""
        body = asdict(self) | {"variant": dict(self.variant)}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @cached_property
    def id(self) -> str:
        """SHA-256 of the canonical form, 64 hex digits."""
        return hashlib.sha256(self.canonical()).hexdigest()


def read(body: Mapping[str, Any]) -> Recipe:
    """The recipe a canonical form was written from (inverse of `canonical` after JSON parsing)."""
    model = body["model"]
    adapters = tuple(Adapter(**adapter) for adapter in model["adapters"])
    return Recipe(**{**body, "model": ModelRef(model["id"], model["revision"], adapters)})

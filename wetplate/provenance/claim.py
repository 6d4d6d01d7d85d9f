"""The claim that travels with a file: what is said in public of where it comes from. Pure.

Here: the claim of a derivative, the C2PA manifest built from it, the commitment to the private record.
Not here: signing (`signing`), the private record itself (`catalog`).

Rules:
1. A manifest names the provenance id and a salted commitment; never a prompt, a seed, a person or a file
   path.
2. The first action says where the picture came from, with the source type: `c2pa.created` by us, or
   `c2pa.opened` from a parent, which then is an ingredient. What was done to the pixels follows, in order.
3. What a model made says so to machines in a second place, `c2pa.ai-disclosure` (C2PA 2.4): the kind of model
   and whether a person approved the result; not which model, whose name may be a path.
4. The commitment proves later, to whoever is shown the record and its salt, that it was not changed since.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from wetplate.errors import ProvenanceError
from wetplate.provenance.metadata import TRAINED, source_type_uri

ASSERTION = "org.wetplate.provenance"
AI_DISCLOSURE = "c2pa.ai-disclosure"
ORIGINS = ("created", "opened")
ACTIONS = ("created", "opened", "cropped", "resized", "edited", "transcoded")
#: Under which the signer hands over a parent's manifest.
PARENT = "parent"
#: C2PA's words for who looked: nobody but who wrote the prompt; a person who approved the result.
OVERSIGHT = ("prompt_guided", "human_validated")


@dataclass(frozen=True)
class Claim:
    """What is claimed of one file.

    `public_id` and `commitment` are hex; `actions` come in the order of ACTIONS; `oversight` is one of
    OVERSIGHT for what a model made, else empty.
    """

    public_id: str
    commitment: str
    source_type: str = TRAINED
    actions: tuple[str, ...] = ("created",)
    oversight: str = ""

    def opening(self) -> "Claim":
        """The claim of a file that opens a parent instead of being its own beginning."""
        return replace(self, actions=("opened",))

    def after(
        self,
        *,
        cropped: bool = False,
        resized: bool = False,
        edited: bool = False,
        transcoded: bool = False,
    ) -> "Claim":
        """The claim of a file made from this one's; `edited`: a canvas was put around it."""
        done = {"cropped": cropped, "resized": resized, "edited": edited, "transcoded": transcoded}
        actions = tuple(name for name in ACTIONS if name in self.actions or done.get(name))
        return replace(self, actions=actions)


@dataclass(frozen=True)
class Parent:
    """What a file was made from, as its credentials name it: read once (`Signer.parent`), used often.

    `instance` is a name for it that is public; `manifest` its own credentials, if it has any, `label` which
    of them is the active one, `results` what the validator said of them, as JSON.
    """

    title: str
    media_type: str
    instance: str
    manifest: bytes | None = None
    label: str = ""
    results: str = ""

    def ingredient(self) -> dict[str, Any]:
        """As C2PA's ingredient; without credentials it says that nothing is known of what came before."""
        said = {"title": self.title, "format": self.media_type, "instance_id": self.instance}
        named: dict[str, Any] = {**said, "relationship": "parentOf", "label": PARENT}
        if self.manifest is not None:
            named |= {"active_manifest": self.label, "validation_results": json.loads(self.results)}
            named["manifest_data"] = {"format": "application/c2pa", "identifier": PARENT}
        return named


def commitment(record: Mapping[str, Any], salt: str) -> str:
    """HMAC-SHA256 over the record's canonical JSON, keyed with the salt (hex), as 64 hex digits."""
    body = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hmac.new(bytes.fromhex(salt), body.encode(), hashlib.sha256).hexdigest()


def manifest(claim: Claim, parent: Parent | None = None) -> dict[str, Any]:
    """The C2PA manifest definition of a claim; of what opens something, with that as its parent.

    Raises ProvenanceError for a claim that says too much or nothing.
    """
    agent = {"name": "Wetplate", "version": version("wetplate")}
    if (claim.actions[:1] == ("opened",)) != (parent is not None):
        raise ProvenanceError("a claim opens its parent, and only a claim with a parent opens anything")
    assertions = [
        {"label": "c2pa.actions.v2", "data": {"actions": _actions(claim, agent), "allActionsIncluded": True}},
        {
            "label": ASSERTION,
            "data": {"public_id": _hex(claim.public_id), "commitment": _hex(claim.commitment)},
        },
        *_ai_disclosure(claim),
    ]
    ingredients = {"ingredients": [parent.ingredient()]} if parent else {}
    return {"claim_generator_info": [agent], "assertions": assertions, **ingredients}


def _actions(claim: Claim, agent: dict[str, str]) -> list[dict[str, Any]]:
    first, rest = claim.actions[:1], claim.actions[1:]
    if not set(first) <= set(ORIGINS) or not first or not set(rest) <= set(ACTIONS) - set(ORIGINS):
        raise ProvenanceError(
            f"actions {claim.actions} make no claim: start with one of {ORIGINS}, then any of {ACTIONS[2:]}"
        )
    begun: dict[str, Any] = {"digitalSourceType": source_type_uri(claim.source_type)}
    if first == ("opened",):
        begun["parameters"] = {"ingredientIds": [PARENT]}
    return [
        {"action": f"c2pa.{name}", "softwareAgent": agent, **(begun if name in ORIGINS else {})}
        for name in claim.actions
    ]


def _ai_disclosure(claim: Claim) -> list[dict[str, Any]]:
    if not claim.oversight:
        return []
    if claim.oversight not in OVERSIGHT:
        raise ProvenanceError(f"oversight {claim.oversight!r} is no word of C2PA's: {', '.join(OVERSIGHT)}")
    profile = {"humanOversightLevel": claim.oversight}
    return [{"label": AI_DISCLOSURE, "data": {"modelType": "c2pa.types.model", "contentProfile": profile}}]


def _hex(value: str) -> str:
    """The value, if it is a token of hex digits: nothing readable may slip into public bytes this way."""
    if not value or set(value) - set("0123456789abcdef"):
        raise ProvenanceError(f"{value!r} is no hex token; only ids and commitments travel with a file")
    return value

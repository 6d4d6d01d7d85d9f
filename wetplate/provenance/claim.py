"""The claim that travels with a file: what is said in public of where it comes from. Pure.

Here: the claim of a derivative, the C2PA manifest built from it, the commitment to the private record.
Not here: signing (`signing`), the private record itself (`catalog`).

Rules:
1. A manifest names the provenance id and a salted commitment; never a prompt, a seed, a person or a file
   path.
2. The first action is `c2pa.created` with the source type; what was done to the pixels follows, in order.
3. The commitment proves later, to whoever is shown the record and its salt, that it was not changed since.
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
ACTIONS = ("created", "cropped", "resized", "edited", "transcoded")


@dataclass(frozen=True)
class Claim:
    """What is claimed of one file.

    `public_id` and `commitment` are hex; `actions` come in the order of ACTIONS.
    """

    public_id: str
    commitment: str
    source_type: str = TRAINED
    actions: tuple[str, ...] = ("created",)

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


def commitment(record: Mapping[str, Any], salt: str) -> str:
    """HMAC-SHA256 over the record's canonical JSON, keyed with the salt (hex), as 64 hex digits."""
    body = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hmac.new(bytes.fromhex(salt), body.encode(), hashlib.sha256).hexdigest()


def manifest(claim: Claim) -> dict[str, Any]:
    """The C2PA manifest definition of a claim.

    Raises ProvenanceError for a claim that says too much or nothing.
    """
    agent = {"name": "Wetplate", "version": version("wetplate")}
    return {
        "claim_generator_info": [agent],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": _actions(claim, agent), "allActionsIncluded": True},
            },
            {
                "label": ASSERTION,
                "data": {"public_id": _hex(claim.public_id), "commitment": _hex(claim.commitment)},
            },
        ],
    }


def _actions(claim: Claim, agent: dict[str, str]) -> list[dict[str, Any]]:
    if claim.actions[:1] != ("created",) or not set(claim.actions) <= set(ACTIONS):
        raise ProvenanceError(
            f"actions {claim.actions} make no claim: start with created, then any of {ACTIONS[1:]}"
        )
    created = {"digitalSourceType": source_type_uri(claim.source_type)}
    return [
        {"action": f"c2pa.{name}", "softwareAgent": agent, **(created if name == "created" else {})}
        for name in claim.actions
    ]


def _hex(value: str) -> str:
    """The value, if it is a token of hex digits: nothing readable may slip into public bytes this way."""
    if not value or set(value) - set("0123456789abcdef"):
        raise ProvenanceError(f"{value!r} is no hex token; only ids and commitments travel with a file")
    return value

"""Images at any stage before publication, made by the real verbs (verdicts are written as rows)."""

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from wetplate.canonical import catalog as canonical
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.generation import catalog as generation
from wetplate.generation.fake import RUNTIME, waves
from wetplate.generation.painter import Painting
from wetplate.imaging.codec import PNG, encode
from wetplate.imaging.fingerprint import phash, pixel_sha256
from wetplate.moderation.tables import VerdictRow
from wetplate.provenance import catalog as provenance
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.provenance.signing import Signer
from wetplate.publication import moves
from wetplate.recipes.catalog import register
from wetplate.recipes.family import Family, expand
from wetplate.recipes.familyfile import parsed
from wetplate.recipes.recipe import Recipe
from wetplate.storage.objects import Objects, sha256

PROMPT = "a secret pumpkin boot"
SIGNER = FakeSigner()
FIXED = replace(load("social-feed"), targets={})  # searching for qualities takes several times as long
DEFINITION: dict[str, Any] = {
    "title": "Boots",
    "attributes": {"lace": ["white", "black", "red"]},
    "recipe": {
        "prompt": PROMPT + ", {lace} laces",
        "negative_prompt": "a very ugly thing",
        "alt": "boot with {lace} laces",
        "sampler": "DDIM",
        "steps": 1,
        "guidance": "1",
        "width": 128,
        "height": 128,
        "seed": {"rule": "fixed", "value": 987654321},
    },
    "model": {"id": "families/boots/model", "revision": "sha256:" + "0" * 64},
    "licence": {"expression": "Apache-2.0", "commercial_use": "yes", "restrictions": ["no hats"]},
    "publication": {"profile": "social-feed", "channel": "commercial"},
    "moderation": {"policy": "product"},
    "budget": {"images_per_day": 100, "device_seconds_per_day": 100},
}


def family(slug: str = "boots", **tables: dict[str, Any]) -> Family:
    """The family, with whole tables of its file replaced."""
    return parsed("test", slug, {**DEFINITION, **tables})


def recipe(number: int = 0, slug: str = "boots") -> Recipe:
    return expand(family(slug))[number]


def verdict(session: Session, recipe_id: str, object_sha256: str, verdict: str) -> None:
    VerdictRow.append(
        session, recipe_id, object_sha256=object_sha256, verdict=verdict, decided_by="person:test",
        policy="product-1", policy_sha256="0" * 64, reasons=["test"],
    )  # fmt: skip


def admitted(
    session: Session, objects: Objects, number: int = 0, slug: str = "boots", painter: str = "diffusers"
) -> str:
    """The canonical id of an approved image without provenance."""
    register(session, family(slug))
    made = recipe(number, slug)
    pixels = waves(made.id, made.width, made.height)
    runtime = replace(RUNTIME, painter=painter)
    painting = generation.keep(
        session, objects, Painting(made, pixels, runtime, {"unet": "ab" * 32}, 0.5), run_id="run-1"
    )
    verdict(session, made.id, painting.sha256, "approve")
    return _canonical(session, objects, made, painting.sha256, pixels)


def recorded(session: Session, objects: Objects, number: int = 0, slug: str = "boots", **said: Any) -> str:
    canonical_id = admitted(session, objects, number, slug, **said)
    provenance.record(session, canonical_id, family(slug))
    return canonical_id


def derived(
    session: Session,
    objects: Objects,
    number: int = 0,
    slug: str = "boots",
    signer: Signer = SIGNER,
    **said: Any,
) -> str:
    """The canonical id of an image that is ready for publication."""
    canonical_id = recorded(session, objects, number, slug, **said)
    derive(session, objects, signer, canonical_id, FIXED)
    return canonical_id


def published(session: Session, objects: Objects, number: int = 0, slug: str = "boots") -> str:
    canonical_id = derived(session, objects, number, slug)
    moves.publish(session, canonical_id, "test")
    return canonical_id


def _canonical(
    session: Session, objects: Objects, made: Recipe, object_sha256: str, pixels: "np.ndarray[Any, Any]"
) -> str:
    body = encode(pixels, PNG)
    key = f"canonical/{sha256(body)[:2]}/{sha256(body)}.png"
    objects.put(key, body, content_type="image/png")
    values = {"id": sha256(body), "key": key, "bytes": len(body), "family": made.family}
    seen = {
        "width": made.width,
        "height": made.height,
        "pixel_sha256": pixel_sha256(pixels),
        "phash": phash(pixels),
    }
    canonical.add(session, values | seen | {"recipe_id": made.id, "object_sha256": object_sha256})
    return values["id"]  # type: ignore[return-value]

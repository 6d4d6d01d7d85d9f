"""Rows that stand before admission: a family, its recipes, their paintings and verdicts."""

import numpy as np
from sqlalchemy.orm import Session

from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import PNG, encode
from wetplate.moderation.judge import Judged
from wetplate.moderation.tables import VerdictRow
from wetplate.recipes.recipe import ModelRef, Recipe
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage.objects import Objects, sha256

PROMPT = "a very secret prompt about a pumpkin boot"
POLICY = {"policy": "product-1", "policy_sha256": "0" * 64, "reasons": ["test"]}


def picture(seed: int, size: int = 64) -> np.ndarray:
    """A shaded picture: two gradients, a disc and some grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    base = np.stack([x, y, 1 - x], -1) * rng.uniform(100, 220, 3) + rng.normal(0, 4, (size, size, 3))
    base[np.hypot(x - 0.5, y - 0.5) < 0.25] = rng.uniform(0, 255, 3)
    return np.clip(base, 0, 255).astype(np.uint8)


def recipe(family: str, number: int) -> Recipe:
    return Recipe(
        family=family,
        variant={"number": str(number)},
        prompt=f"{PROMPT} {number}",
        negative_prompt="",
        model=ModelRef("families/test/model", "sha256:" + "0" * 64),
        sampler="DDIM",
        steps=1,
        guidance="1",
        seed=number,
        width=64,
        height=64,
    )


def painted(
    session: Session, objects: Objects, number: int, pixels: np.ndarray | None = None, family: str = "boots"
) -> PaintingRow:
    """A registered recipe with its painting, not judged yet."""
    made = recipe(family, number)
    if session.get(FamilyRow, family) is None:
        session.add(FamilyRow(slug=family, title=family, digest="0" * 64, definition={}))
        session.flush()
    variant = dict(made.variant)
    body = {**made.__dict__, "variant": variant, "model": {**made.model.__dict__, "adapters": []}}
    body.pop("id", None)
    session.add(RecipeRow(id=made.id, family=family, position=number, variant=variant, body=body))
    session.flush()
    png = encode(picture(number) if pixels is None else pixels, PNG)
    key = f"paintings/{made.id[:2]}/{made.id}/{sha256(png)}.png"
    objects.put(key, png, content_type="image/png")
    row = PaintingRow(
        recipe_id=made.id, sha256=sha256(png), key=key, bytes=len(png), runtime={"painter": "fake"},
        model_files={}, seconds=0.0, run_id="run",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def judged(session: Session, painting: PaintingRow, verdict: str = "approve") -> Judged:
    """A verdict on the painting, recorded and in force."""
    decided = {"object_sha256": painting.sha256, "verdict": verdict, "decided_by": "policy", **POLICY}
    VerdictRow.append(session, painting.recipe_id, **decided)
    return Judged(recipe_id=painting.recipe_id, signals=(), **{**decided, "reasons": ("test",)})

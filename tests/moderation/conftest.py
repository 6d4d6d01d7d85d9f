"""A policy with one detector, a scripted detector, and a family whose paintings wait for a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from wetplate.generation import catalog as paintings
from wetplate.generation.fake import FakePainter
from wetplate.moderation.policy import Detector, Label, Policy
from wetplate.moderation.signals import Signal
from wetplate.recipes.recipe import ModelRef, Recipe
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage.objects import Objects

FAMILY = "clogs"


def a_policy(**changes: object) -> Policy:
    """Detector `eye`: label BAD, review from 0.5, reject from 0.9."""
    detector = Detector(
        name="eye",
        kind="surface",
        labels={"BAD": Label("sexual/nudity", 0.5, 0.9)},
        harmless=frozenset({"FINE"}),
        seconds=5,
        model="",
        revision="",
        calibration=None,
    )
    plain: dict[str, object] = {
        "name": "plain",
        "version": 2,
        "sha256": "5" * 64,
        "auto_reject": False,
        "audit_sample": 0,
        "required": ("eye",),
        "detectors": {"eye": detector},
        "prompt_rules": (),
    }
    return Policy(**{**plain, **changes})  # type: ignore[arg-type]


@dataclass
class Scripted:
    """A detector that says what it is told; an exception is raised, a callable called."""

    says: object = 0.1
    name: str = "eye"
    revision: str = "1"
    sees: str = "what it is told"
    blind: str = "all else"
    asked: list[int] = field(default_factory=list)

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        self.asked.append(len(pictures))
        if isinstance(self.says, Exception):
            raise self.says
        if callable(self.says):
            return self.says(pictures)  # type: ignore[no-any-return]
        return [[Signal(self.name, self.revision, "BAD", self.says)] for _ in pictures]  # type: ignore[arg-type]


@pytest.fixture
def painted(session: Session, objects: Objects) -> Callable[[int], list[Recipe]]:
    """Registers the family with so many recipes, all painted by the fake; committed."""

    def paint(count: int) -> list[Recipe]:
        model = ModelRef("none", "sha256:" + "0" * 64)
        recipes = [
            Recipe(FAMILY, {"n": str(n)}, f"clog number {n}", "", model, "Euler", 1, "1", n, 64, 64)
            for n in range(count)
        ]
        session.add(FamilyRow(slug=FAMILY, title="Clogs", digest="d", definition={}))
        session.flush()
        for position, recipe in enumerate(recipes):
            body = {**vars(recipe), "variant": dict(recipe.variant)}
            body["model"] = {"id": model.id, "revision": model.revision, "adapters": []}
            body.pop("id", None)
            session.add(
                RecipeRow(
                    id=recipe.id, family=FAMILY, position=position, variant=dict(recipe.variant), body=body
                )
            )
        session.flush()
        for painting in FakePainter(allowed=True).paint(recipes):
            paintings.keep(session, objects, painting, run_id="test")
        session.commit()
        return recipes

    return paint

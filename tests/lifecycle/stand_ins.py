"""Stand-ins for the outside, and a small family: what lifecycle tests are made of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wetplate.generation.fake import FakePainter
from wetplate.generation.painter import Painting
from wetplate.moderation.policy import Policy
from wetplate.moderation.signals import Classifier, Signal
from wetplate.recipes.recipe import Recipe

FAMILY = """
title = "Boot"
[attributes]
lace = {laces}
[recipe]
prompt = "a secret pumpkin boot, {{lace}} laces"
negative_prompt = ""
alt = "boot with {{lace}} laces"
sampler = "DDIM"
steps = 1
guidance = "1"
width = 128
height = 128
[recipe.seed]
rule = "fixed"
value = 7
[model]
id = "families/{slug}/model"
revision = "sha256:{zeros}"
[licence]
expression = "Apache-2.0"
commercial_use = "{commercial}"
restrictions = []
[publication]
profile = "social-feed"
channel = "commercial"
[moderation]
policy = "product"
[budget]
images_per_day = {images}
device_seconds_per_day = 3600
"""


def write_family(
    root: Path, slug: str, laces: Sequence[str], *, commercial: str = "yes", images: int = 1000
) -> None:
    """A family file with one variant per lace."""
    folder = root / slug
    folder.mkdir(parents=True, exist_ok=True)
    said = {"laces": str(list(laces)).replace("'", '"'), "slug": slug, "zeros": "0" * 64}
    (folder / "family.toml").write_text(FAMILY.format(**said, commercial=commercial, images=images))


class Painter:
    """The fake painter's pictures under another painter's name, so that they may be published in a test."""

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        for painting in FakePainter(allowed=True).paint(recipes):
            yield replace(painting, runtime=replace(painting.runtime, painter="stand-in"))


class Detector:
    """Says the same score of every picture."""

    revision, sees, blind = "stand-in", "what the test says", "everything else"

    def __init__(self, name: str, label: str = "", score: float = 0.0) -> None:
        self.name, self.label, self.score = name, label, score

    def classify(self, pictures: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Signal]]:
        return [[Signal(self.name, self.revision, self.label, self.score)] for _ in pictures]


@contextmanager
def harmless(policy: Policy) -> Iterator[Sequence[Classifier]]:
    """Every detector the policy names finds nothing."""
    yield [Detector(name) for name in policy.detectors]


@contextmanager
def doubtful(policy: Policy) -> Iterator[Sequence[Classifier]]:
    """One detector finds something in every picture: all of them wait for a person."""
    yield [Detector("surface"), Detector("nudenet", "BUTTOCKS_EXPOSED", 0.8)]

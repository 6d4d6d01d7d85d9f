"""The fake painter: quick, colourful, the same picture for the same recipe on every machine.

Here: a painter for tests and dry runs that keeps every promise of the port. It is refused anywhere else,
since what it paints has nothing to do with the prompt.
"""

import hashlib
from collections.abc import Iterator, Sequence
from time import perf_counter

import numpy as np

from wetplate.errors import FakePainterRefused
from wetplate.generation.painter import Painting, Pixels, Runtime, checked
from wetplate.recipes.recipe import Recipe

RUNTIME = Runtime(
    painter="fake", device="cpu", torch="none", diffusers="none", dtype="uint8", batch=1, threads=1
)


class FakePainter:
    """Paints two-colour waves told by the recipe id. Raises FakePainterRefused unless `allowed`."""

    def __init__(self, *, allowed: bool) -> None:
        if not allowed:
            raise FakePainterRefused(
                "the fake painter is for tests and dry runs: "
                "set WETPLATE_DRY_RUN=1, or WETPLATE_PAINTER=diffusers"
            )

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        """One painting per recipe, in order."""
        for recipe in recipes:
            started = perf_counter()
            pixels = checked(waves(recipe.id, recipe.width, recipe.height), recipe)
            files = {"fake": hashlib.sha256(b"wetplate fake painter 1").hexdigest()}
            yield Painting(recipe, pixels, RUNTIME, files, perf_counter() - started)


def waves(recipe_id: str, width: int, height: int) -> Pixels:
    """(height, width, 3) picture from the 32 bytes of a recipe id; integer arithmetic only."""
    told = np.frombuffer(bytes.fromhex(recipe_id), np.uint8).astype(np.int64)
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    ripple = (x * (3 + told[0] % 7) + y * (2 + told[1] % 9) + (x * y) // 64 + told[2]) % 512
    blend = np.abs(ripple - 256)[..., None]
    ink, paper = told[3:6] // 2, 128 + told[6:9] // 2
    mixed: Pixels = ((ink * blend + paper * (256 - blend)) // 256).astype(np.uint8)
    return mixed

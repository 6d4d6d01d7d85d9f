"""The Painter port: recipes in, paintings out.

Here: the protocol, the values, the check every painting passes. Not here: torch (`diffusion`), which painter
is opened (`studio`), storage (`catalog`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wetplate.errors import BlankPainting
from wetplate.recipes.recipe import Recipe

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Runtime:
    """The stack that painted: what must be equal for a bitwise repetition to be expected."""

    painter: str
    device: str
    torch: str
    diffusers: str
    dtype: str
    batch: int
    threads: int
    compiled: bool = False


@dataclass(frozen=True)
class Painting:
    """A recipe's picture.

    `pixels` are (height, width, 3) 8-bit sRGB, `model_files` maps file name to SHA-256, `seconds` is the
    image's share of its batch on the device.
    """

    recipe: Recipe
    pixels: Pixels
    runtime: Runtime
    model_files: Mapping[str, str]
    seconds: float


class Painter(Protocol):
    """Paints recipes that share one model."""

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        """One painting per recipe, in order, as they are done.

        Raises ModelError, UnknownSampler, BlankPainting, PaintingError. What was yielded before stays good.
        """


def checked(pixels: NDArray[np.generic], recipe: Recipe) -> Pixels:
    """The pixels as (H, W, 3) 8-bit, if they are a picture of the recipe's size. Raises BlankPainting.

    Float input is expected in 0..1 and rounded (as diffusers does), after the NaN check.
    """
    values = np.asarray(pixels)
    if values.shape != (recipe.height, recipe.width, 3):
        raise BlankPainting(f"recipe {recipe.id[:12]}: painter gave shape {values.shape}, not a picture")
    if np.issubdtype(values.dtype, np.floating):
        if not np.isfinite(values).all():
            raise BlankPainting(f"recipe {recipe.id[:12]}: output holds NaN or infinity; try dtype float32")
        values = np.rint(np.clip(values, 0, 1) * 255)
    if (values == values[0, 0]).all():
        raise BlankPainting(
            f"recipe {recipe.id[:12]}: output is one colour throughout {values[0, 0].tolist()}"
        )
    return values.astype(np.uint8)

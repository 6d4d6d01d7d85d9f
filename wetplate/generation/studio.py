"""The studio: opens the painter the settings name, and splits work into batches.

Here: choosing between the real painter and the fake, and the splitter every fan-out uses. Not here: torch.
The real painter's module is imported when the first recipe is painted, so that a process may hold a painter
that it never uses.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

from wetplate.errors import PaintingError
from wetplate.generation.fake import FakePainter
from wetplate.generation.painter import Painter, Painting
from wetplate.recipes.recipe import Recipe
from wetplate.settings import Settings

Thing = TypeVar("Thing")


def open_painter(settings: Settings) -> Painter:
    """The painter that WETPLATE_PAINTER names.

    Raises FakePainterRefused, PaintingError for an unknown name.
    """
    if settings.painter == "diffusers":
        return _Awaited(settings)
    if settings.painter == "fake":
        return FakePainter(allowed=settings.dry_run)
    raise PaintingError(f"WETPLATE_PAINTER is {settings.painter!r}: expected diffusers, or fake in a dry run")


def batches(things: Sequence[Thing], size: int) -> list[list[Thing]]:
    """The things in order, in lists of `size`, the last one shorter.

    Raises PaintingError below a size of 1.
    """
    if size < 1:
        raise PaintingError(f"batch size {size}: expected 1 or more (WETPLATE_BATCH)")
    return [list(things[start : start + size]) for start in range(0, len(things), size)]


class _Awaited:
    """The diffusers painter, made when the first recipe comes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._painter: Painter | None = None

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        if self._painter is None and recipes:
            diffusion = importlib.import_module("wetplate.generation.diffusion")
            self._painter = diffusion.DiffusionPainter(diffusion.Stack.of(self._settings))
        return self._painter.paint(recipes) if self._painter else iter(())

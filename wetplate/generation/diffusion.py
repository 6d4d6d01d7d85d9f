"""The Painter on diffusers (torch module): one screen from recipes to paintings.

Here: the order of the steps, batches, noise, memory. Not here: loading (`pipeline`), the check of what comes
out (`painter.checked`), storage (`catalog`).

Rules:
1. Noise comes from one CPU generator per image: a picture's noise depends on no neighbour and no device.
2. A batch always has the same size: a short one is padded, and the runtime records the size.
3. Out of memory halves the size and goes on; at a size of 1 it is an error.
4. A blank output costs only itself: the rest is painted, then BlankPainting is raised.
"""

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from time import perf_counter
from typing import Self

import diffusers
import numpy as np
import torch
from numpy.typing import NDArray

from wetplate.errors import BlankPainting, ModelError, PaintingError
from wetplate.generation.painter import Painting, Runtime, checked
from wetplate.generation.pipeline import Loaded, load
from wetplate.recipes.recipe import ModelRef, Recipe
from wetplate.settings import Settings

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Stack:
    """How to paint: device, dtype, images per batch, CPU threads (0: torch's own choice), compiled or not."""

    device: str = "auto"
    dtype: str = "float32"
    batch: int = 8
    threads: int = 0
    compiled: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The stack that the settings ask for."""
        return cls(settings.device, settings.dtype, settings.batch, settings.threads, settings.compile)


class DiffusionPainter:
    """Paints with any diffusers text-to-image pipeline; keeps the last model loaded."""

    def __init__(self, stack: Stack) -> None:
        if stack.batch < 1:
            raise PaintingError(f"batch size {stack.batch}: expected 1 or more (WETPLATE_BATCH)")
        self._stack, self._size = stack, stack.batch
        self._device, self._dtype = device(stack.device), dtype(stack.dtype)
        self._model: tuple[ModelRef, Loaded] | None = None
        if stack.threads:
            torch.set_num_threads(stack.threads)

    def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
        """One painting per recipe, in order, as they are done."""
        waiting, blank = list(recipes), list[BlankPainting]()
        while waiting:
            # 1. Load the model; it stays as long as the recipes name it.
            loaded = self._load(waiting[0].model)
            # 2. Batch what one call can paint, padded to the fixed size.
            batch = alike(waiting)[: self._size]
            padded = batch + batch[-1:] * (self._size - len(batch))
            # 3. Noise: one generator per image.
            noise = [torch.Generator("cpu").manual_seed(recipe.seed) for recipe in padded]
            # 4. Denoise and decode; when memory runs out, again with half the size.
            started = perf_counter()
            try:
                canvas = denoise(loaded, padded, noise)
            except (MemoryError, RuntimeError) as error:
                self._halve(error, batch[0])
                continue
            runtime, seconds = self._runtime(), (perf_counter() - started) / len(batch)
            for recipe, floats in zip(batch, canvas, strict=False):
                # 5. Check: a blank output is an error, not a picture.
                try:
                    pixels = checked(floats, recipe)
                except BlankPainting as refusal:
                    blank.append(refusal)
                    continue
                # 6. Yield.
                yield Painting(recipe, pixels, runtime, loaded.files, seconds)
            waiting = waiting[len(batch) :]
        if blank:
            more = f"; and {len(blank) - 5} more" if blank[5:] else ""
            raise BlankPainting("; ".join(str(refusal) for refusal in blank[:5]) + more)

    def _load(self, model: ModelRef) -> Loaded:
        if self._model is None or self._model[0] != model:
            self._model = None  # the old model leaves memory before the new one comes
            loaded = load(model, device=self._device, dtype=self._dtype, compiled=self._stack.compiled)
            self._model = (model, loaded)
        return self._model[1]

    def _halve(self, error: Exception, recipe: Recipe) -> None:
        """Half the batch size. Raises PaintingError at a size of 1, or if memory is not what was missing."""
        name = f"recipe {recipe.id[:12]}"
        if not out_of_memory(error):
            raise PaintingError(f"{name}: painting failed: {error}") from error
        if self._size == 1:
            raise PaintingError(
                f"{name}: out of memory on {self._device} for one image of {recipe.width} x {recipe.height}; "
                "use WETPLATE_DTYPE=float16 or a smaller size"
            ) from error
        self._size //= 2
        gc.collect()
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _runtime(self) -> Runtime:
        return Runtime(
            painter="diffusers",
            device=torch.cuda.get_device_name(self._device)
            if self._device.startswith("cuda")
            else self._device,
            torch=torch.__version__,
            diffusers=diffusers.__version__,
            dtype=self._stack.dtype,
            batch=self._size,
            threads=torch.get_num_threads(),
            compiled=self._stack.compiled,
        )


def alike(recipes: Sequence[Recipe]) -> list[Recipe]:
    """The recipes at the head that one call can paint: same model, sampler, steps, guidance and size."""
    return list(takewhile(lambda recipe: _shared(recipe) == _shared(recipes[0]), recipes))


def denoise(loaded: Loaded, recipes: Sequence[Recipe], noise: list[torch.Generator]) -> NDArray[np.floating]:
    """(n, height, width, 3) floats in 0..1. Raises UnknownSampler, PaintingError."""
    loaded.follow(recipes[0].sampler)
    try:
        with torch.inference_mode():
            output = loaded.pipe(**loaded.arguments(recipes), generator=noise, output_type="np")
    except (ValueError, TypeError, NotImplementedError) as error:
        raise PaintingError(f"recipe {recipes[0].id[:12]}: the pipeline refuses it: {error}") from error
    canvas: NDArray[np.floating] = output.images
    return canvas


def out_of_memory(error: Exception) -> bool:
    """Whether memory is what was missing: on CUDA, on the CPU (a plain RuntimeError there) or on MPS."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return "DefaultCPUAllocator" in str(error) or "out of memory" in str(error)


def device(name: str) -> str:
    """`auto` as the best device there is, any other name as it is. Raises ModelError if it is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(kind for kind, found in there.items() if found)
    if not there.get(name.split(":")[0]):
        found = ", ".join(kind for kind, found in there.items() if found)
        raise ModelError(f"device {name!r} is not on this machine (WETPLATE_DEVICE); there is: {found}")
    return name


def dtype(name: str) -> torch.dtype:
    """The torch type of this name. Raises ModelError."""
    if name not in DTYPES:
        raise ModelError(f"dtype {name!r} (WETPLATE_DTYPE): expected one of {', '.join(DTYPES)}")
    return DTYPES[name]


def _shared(recipe: Recipe) -> tuple[object, ...]:
    # Whether there is a negative prompt counts too: the pipelines treat none and an empty one differently.
    size = (recipe.width, recipe.height)
    return (recipe.model, recipe.sampler, recipe.steps, recipe.guidance, size, bool(recipe.negative_prompt))

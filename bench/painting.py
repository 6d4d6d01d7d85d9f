"""Painting the sample family: Wetplate's painter beside a plain loop over the same diffusers pipeline.

`python -m bench.painting [--images 32]`. Both paint the same recipes on the same stack, in one process,
after one warm-up image each; the plain loop calls the pipeline once an image, as a first script would.
"""

import argparse
import time
from pathlib import Path

from wetplate.generation.diffusion import DiffusionPainter, Stack
from wetplate.recipes.family import expand, find
from wetplate.recipes.recipe import Recipe
from wetplate.settings import ROOT


def plain(recipes: list[Recipe]) -> float:
    """Seconds of the loop a first script would write."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
        Path(ROOT, recipes[0].model.id), torch_dtype=torch.float32, safety_checker=None
    )
    pipe.set_progress_bar_config(disable=True)
    took = 0.0
    for number, recipe in enumerate([recipes[0], *recipes]):
        began = time.perf_counter()
        pipe(
            recipe.prompt,
            num_inference_steps=recipe.steps,
            guidance_scale=float(recipe.guidance),
            width=recipe.width,
            height=recipe.height,
            generator=torch.Generator("cpu").manual_seed(recipe.seed),
        )
        took += (time.perf_counter() - began) if number else 0
    return took


def ours(recipes: list[Recipe], batch: int) -> float:
    """Seconds of the painter, checks included."""
    painter = DiffusionPainter(Stack(batch=batch))
    list(painter.paint(recipes[:1]))
    began = time.perf_counter()
    for _ in painter.paint(recipes):
        pass
    return time.perf_counter() - began


def main() -> None:
    """Print seconds per image and the ratio to the plain loop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=32)
    recipes = expand(find(ROOT / "families", "rumba"))[: parser.parse_args().images]
    bare = plain(recipes)
    print(f"plain loop, one image a call  {bare / len(recipes) * 1000:7.0f} ms an image")
    for batch in (1, 4, 8, 16):
        took = ours(recipes, batch)
        print(
            f"painter, batch {batch:2}             {took / len(recipes) * 1000:7.0f} ms an image"
            f"   {took / bare:4.2f} x"
        )


if __name__ == "__main__":
    main()

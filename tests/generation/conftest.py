"""Recipes, and one folder per tiny pipeline for the whole session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wetplate.recipes.model import model_digest
from wetplate.recipes.recipe import Adapter, ModelRef, Recipe

WORDS = ("red", "green", "blue")


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny pipeline by name, built when first asked for."""
    from tests.generation import tiny

    root, built = tmp_path_factory.mktemp("pipelines"), dict[str, Path]()

    def folder(name: str) -> Path:
        if name not in built:
            built[name] = tiny.save(name, root / name)
        return built[name]

    return folder


def recipes_for(
    folder: Path, sampler: str = "Euler", negative: str = "", adapters: tuple[Adapter, ...] = ()
) -> list[Recipe]:
    model = ModelRef(str(folder), model_digest(folder), adapters)
    return [
        Recipe(
            family="tiny",
            variant={"colour": word},
            prompt=f"a {word} shoe",
            negative_prompt=negative,
            model=model,
            sampler=sampler,
            steps=2,
            guidance="3",
            seed=number,
            width=64,
            height=64,
        )
        for number, word in enumerate(WORDS)
    ]

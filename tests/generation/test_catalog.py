"""Keeping paintings: object first, one row per recipe, nothing but pixels in the file."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import numpy as np
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from wetplate.errors import ImageUnknown, StorageFull
from wetplate.generation import catalog
from wetplate.generation.fake import FakePainter
from wetplate.generation.painter import Painting
from wetplate.generation.tables import PaintingRow
from wetplate.recipes.recipe import ModelRef, Recipe
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import Head, sha256

MODEL = ModelRef("none", "sha256:" + "0" * 64)
RECIPES = [Recipe("clogs", {"n": n}, f"clog {n}", "", MODEL, "Euler", 1, "1", 7, 64, 48) for n in "abc"]


@pytest.fixture
def paintings(session: Session) -> list[Painting]:
    """Three paintings of a registered family; the registration is committed."""
    session.add(FamilyRow(slug="clogs", title="Clogs", digest="d", definition={}))
    session.flush()
    for position, recipe in enumerate(RECIPES):
        body = asdict(recipe) | {"variant": dict(recipe.variant)}
        row = {"family": "clogs", "position": position, "variant": dict(recipe.variant), "body": body}
        session.add(RecipeRow(id=recipe.id, **row))
    session.commit()
    return list(FakePainter(allowed=True).paint(RECIPES))


def test_everything_is_unpainted_at_first_and_what_is_kept_is_not(
    session: Session, objects: MemoryObjects, paintings: list[Painting]
) -> None:
    assert catalog.unpainted(session, "clogs") == RECIPES
    catalog.keep(session, objects, paintings[1], run_id="r")
    assert catalog.unpainted(session, "clogs") == [RECIPES[0], RECIPES[2]]
    assert catalog.unpainted(session, "boots") == []


def test_a_retired_recipe_is_not_painted(session: Session, paintings: list[Painting]) -> None:
    session.get_one(RecipeRow, RECIPES[0].id).current = False
    session.flush()
    assert catalog.unpainted(session, "clogs") == RECIPES[1:]


def test_kept_pixels_come_back_and_the_file_says_nothing_else(
    session: Session, objects: MemoryObjects, paintings: list[Painting]
) -> None:
    row = catalog.keep(session, objects, paintings[0], run_id="run 7")
    body = objects.get(row.key)
    assert row.key == f"paintings/{row.recipe_id[:2]}/{row.recipe_id}/{sha256(body)}.png"
    assert (row.sha256, row.bytes, row.run_id) == (sha256(body), len(body), "run 7")
    assert row.runtime["painter"] == "fake"
    assert row.model_files == paintings[0].model_files
    np.testing.assert_array_equal(catalog.pixels(objects, row), paintings[0].pixels)
    assert b"clog" not in body
    assert not any(chunk in body for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"))


def test_the_first_painting_of_a_recipe_stays(
    session: Session, objects: MemoryObjects, paintings: list[Painting]
) -> None:
    row = catalog.keep(session, objects, paintings[0], run_id="first")
    other = replace(paintings[0], pixels=255 - paintings[0].pixels)
    assert catalog.keep(session, objects, other, run_id="second").run_id == "first"
    assert [head.key for head in objects.list()] == [row.key]


def test_racing_painters_leave_one_row(
    database: Engine, objects: MemoryObjects, paintings: list[Painting]
) -> None:
    def one(number: int) -> str:
        other = replace(paintings[0], pixels=paintings[0].pixels ^ np.uint8(number))
        with transaction(database) as session:
            return catalog.keep(session, objects, other, run_id=str(number)).sha256

    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(one, range(8)))
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(PaintingRow)) == 1
    assert len(kept) == 1


def test_an_unregistered_recipe_is_refused_and_nothing_is_stored(
    session: Session, objects: MemoryObjects, paintings: list[Painting]
) -> None:
    stranger = replace(paintings[0], recipe=replace(RECIPES[0], seed=8))
    with pytest.raises(ImageUnknown, match="not registered"):
        catalog.keep(session, objects, stranger, run_id="r")
    assert list(objects.list()) == []


def test_a_full_store_leaves_no_row(session: Session, paintings: list[Painting]) -> None:
    class Full(MemoryObjects):
        def put(self, key: str, body: bytes, *, content_type: str) -> Head:
            raise StorageFull("no space left")

    with pytest.raises(StorageFull):
        catalog.keep(session, Full(), paintings[0], run_id="r")
    assert catalog.unpainted(session, "clogs") == RECIPES

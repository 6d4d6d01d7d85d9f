"""The catalog of looks against a real Postgres."""

import numpy as np
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tests.publication.images import family
from wetplate.generation import catalog as paintings
from wetplate.generation.fake import waves
from wetplate.imaging.fingerprint import pixel_sha256
from wetplate.imaging.pixels import Pixels
from wetplate.imaging.resize import downscale
from wetplate.recipes.catalog import ORIGINAL, enter, register
from wetplate.similarity import catalog
from wetplate.similarity.look import look
from wetplate.similarity.tables import FingerprintRow
from wetplate.storage.memory import MemoryObjects


def kept(session: Session, objects: MemoryObjects, pixels: Pixels, name: str) -> str:
    """A painting of a recipe of its own; gives the SHA-256 of its stored bytes."""
    recipe_id = enter(session, "boots", ORIGINAL, {"lace": "white"}, {"name": name})
    return paintings.keep_pixels(session, objects, recipe_id, pixels, "adoption").sha256


def test_a_painting_is_found_by_its_look_and_by_its_pixels(session: Session, objects: MemoryObjects) -> None:
    register(session, family())
    picture = waves("3c" * 32, 128, 128)
    brighter = np.clip(picture.astype(int) + 20, 0, 255).astype(np.uint8)
    one, other = kept(session, objects, picture, "one"), kept(session, objects, brighter, "other")
    kept(session, objects, np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8), "noise")

    found = catalog.near(session, look(downscale(picture, 64)), delta=40)
    assert [each.object_sha256 for each in found] == [one, other]
    assert [each.same for each in found] == [True, False]
    assert [each.object_sha256 for each in catalog.near(session, look(picture), delta=40, but=one)] == [other]
    assert catalog.with_pixels(session, pixel_sha256(picture)) == [one]
    assert catalog.with_pixels(session, "0" * 64) == []
    assert catalog.of(session, one) == look(picture)
    assert catalog.of(session, "0" * 64) is None


def test_paintings_older_than_looks_are_looked_at_again(session: Session, objects: MemoryObjects) -> None:
    register(session, family())
    one = kept(session, objects, waves("5a" * 32, 64, 64), "one")
    session.execute(delete(FingerprintRow))
    assert paintings.look_again(session, objects, "boots") == 1
    assert paintings.look_again(session, objects, "boots") == 0
    assert catalog.of(session, one) is not None

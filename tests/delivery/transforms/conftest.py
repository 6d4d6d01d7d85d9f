"""A published image, and workers that the tests of a module share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.publication.images import published
from wetplate.delivery.transforms.workers import Workers
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@pytest.fixture(scope="package")
def workers() -> Iterator[Workers]:
    """Two real worker processes with real limits."""
    made = Workers(2, memory=512 * 2**20, seconds=3)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def image(database: Engine, objects: MemoryObjects) -> str:
    """The id of a published image of 128 × 128."""
    with transaction(database) as session:
        return published(session, objects)

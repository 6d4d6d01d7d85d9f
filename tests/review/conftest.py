"""A catalog that the tests of one module share; a desk with images that wait for people."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import Engine, create_engine

from tests.conftest import TEMPLATE
from tests.review.desk import desk as desk
from wetplate.storage import postgres
from wetplate.storage.cluster import Server

NUMBERS = count(1)


@pytest.fixture(scope="module")
def catalog(postgres_server: Server) -> Iterator[Engine]:
    """A migrated database as role app, dropped after the module."""
    name = f"review_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    engine = create_engine(postgres_server.url("app", name))
    yield engine
    engine.dispose()
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

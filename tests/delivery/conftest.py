"""What tests of delivery may ask for: a running origin, one per module."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from tests.conftest import NUMBERS, TEMPLATE
from tests.delivery.house import House, house
from wetplate.storage import postgres
from wetplate.storage.cluster import Server


@pytest.fixture(scope="module")
def module_database(postgres_server: Server) -> Iterator[Engine]:
    """A migrated database that the tests of one module share."""
    name = f"module_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    engine = create_engine(postgres_server.url("app", name))
    yield engine
    engine.dispose()
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture(scope="module")
def origin_house(module_database: Engine) -> Iterator[House]:
    """A running origin with one published image and one draft, shared by the tests of one module."""
    with house(module_database) as made:
        yield made

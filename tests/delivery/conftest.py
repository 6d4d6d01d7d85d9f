"""What tests of delivery may ask for: a running origin, shared by all of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine

from tests.conftest import NUMBERS, TEMPLATE
from tests.delivery.house import House, house
from tests.delivery.wire import Wire
from wetplate.storage import postgres
from wetplate.storage.cluster import Server


@pytest.fixture(scope="module")
def module_database(postgres_server: Server) -> Iterator[Engine]:
    """A migrated database that the tests of one module share."""
    with lent(postgres_server) as engine:
        yield engine


@pytest.fixture(scope="session")
def origin_house(postgres_server: Server) -> Iterator[House]:
    """A running origin with one published image and one draft, shared by every test that asks.

    Mark the module `xdist_group("origin")`, so that one process starts it. Leave its image and draft as they
    are; `another` gives one to withdraw.
    """
    with lent(postgres_server) as engine, house(engine) as made:
        yield made


@contextmanager
def lent(server: Server) -> Iterator[Engine]:
    """A fresh, migrated database, dropped afterwards."""
    name = f"shared_{next(NUMBERS)}"
    postgres.create_database(server, name, "owner", TEMPLATE)
    engine = create_engine(server.url("app", name))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def wire(origin_house: House) -> Wire:
    """Speaks to the shared origin byte by byte."""
    return Wire(origin_house)


@pytest.fixture
def image(origin_house: House) -> str:
    """The shared origin's published image."""
    return origin_house.image


@pytest.fixture
def draft(origin_house: House) -> str:
    """The shared origin's draft."""
    return origin_house.draft

"""One database for all tests that only look at what they wrote themselves and take it back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from tests.conftest import TEMPLATE
from wetplate.storage import postgres
from wetplate.storage.cluster import Server

NAME = "test_purging"


@pytest.fixture(scope="package")
def quiet(postgres_server: Server) -> Iterator[Engine]:
    """A migrated database in which nobody commits."""
    postgres.create_database(postgres_server, NAME, "owner", TEMPLATE)
    engine = create_engine(postgres_server.url("app", NAME))
    yield engine
    engine.dispose()
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE "{NAME}" WITH (FORCE)'.encode())


@pytest.fixture
def session(quiet: Engine) -> Iterator[Session]:
    """An open transaction, rolled back at the end."""
    with Session(quiet, expire_on_commit=False) as session:
        yield session

"""One database for all tests of retention: each has a transaction of its own, which is rolled back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.delivery.conftest import lent
from wetplate.storage.cluster import Server


@pytest.fixture(scope="package")
def kept(postgres_server: Server) -> Iterator[Engine]:
    with lent(postgres_server) as engine:
        yield engine


@pytest.fixture
def session(kept: Engine) -> Iterator[Session]:
    with Session(kept, expire_on_commit=False) as session:
        yield session
        session.rollback()

"""The catalog's Postgres. Gives a SQLAlchemy Engine (psycopg 3), disposed of at the end of the step."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from sqlalchemy import Engine

from wetplate.settings import settings
from wetplate.storage.database import catalog_url, engine
from wetplate.storage.migrations import require_current


class DatabaseResource(dg.ConfigurableResource[Engine]):
    """`url` empty: WETPLATE_DATABASE_URL, else the embedded server.

    Refuses a database at another schema revision.
    """

    url: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Engine]:
        bound = engine(self.url or catalog_url(settings()))
        try:
            require_current(bound)
            yield bound
        finally:
            bound.dispose()

    def create_resource(self, context: dg.InitResourceContext) -> Engine:
        return engine(self.url or catalog_url(settings()))

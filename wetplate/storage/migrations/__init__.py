"""The catalog's schema, step by step (Alembic), as plain SQL operations.

Here: upgrading and asking for the revision. Not here: the models; a migration never imports one, because it
describes the past. A test compares the result with every `tables.py`, so that neither can drift.

Rules:
1. The schema is upgraded by the role that owns it (`owner`); everybody else only asks `require_current`.
2. Append-only tables are so by grant (role `app`: SELECT and INSERT) and by trigger (the owner too).
3. After the first release: expand, deploy, contract. A published migration is never edited.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from wetplate.errors import DatabaseUnavailable, SchemaMismatch

LOCK = 0x6D696772


def upgrade(owner: Engine, revision: str = "head") -> None:
    """Bring the database to the revision. One at a time: a second caller waits and finds nothing to do."""
    with owner.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        command.upgrade(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """The revision the database stands at; None for an empty or a missing one."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        if "does not exist" in str(error.orig):
            return None
        raise DatabaseUnavailable(f"Postgres does not answer: {error.orig}") from error


def newest() -> str:
    """The revision this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def require_current(engine: Engine) -> None:
    """Raise SchemaMismatch unless the database stands at this code's revision."""
    found, wanted = current(engine), newest()
    if found != wanted:
        raise SchemaMismatch(
            f"the catalog's schema is at revision {found or 'none'}, this code needs {wanted}: "
            "run `wetplate db up`"
        )


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

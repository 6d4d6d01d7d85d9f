"""The catalog's engine and transactions.

Here: the declarative base, where the catalog is, the engine, `transaction()`. Not here: any table (each stage
declares its own in `tables.py` and is its only writer), any migration (migrations/), any server (cluster.py).

Rules: only edges (asset, endpoint, command) open a transaction and commit; verbs receive the Session.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from weakref import finalize

from sqlalchemy import DateTime, Engine, create_engine, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import DeclarativeBase, Session

from wetplate.errors import DatabaseUnavailable, StorageError, StorageFull
from wetplate.settings import Settings
from wetplate.storage import cluster

Json = dict[str, Any]
DISK_FULL = "53100"
GIVEN_UP = ("40", "55", "57014")  # SQLSTATE: rolled back (deadlock), lock not available, timed out


class Base(DeclarativeBase):
    """Every table of the catalog. Timestamps carry a zone; dictionaries and lists are JSONB."""

    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own declaration style)
        datetime: DateTime(timezone=True),
        Json: JSONB,
        list[Json]: JSONB,
        list[str]: JSONB,
    }


def catalog_url(settings: Settings) -> str:
    """The catalog as role app: WETPLATE_DATABASE_URL, else the embedded one. Raises DatabaseUnavailable."""
    return settings.database_url or _embedded(settings, "app")


def owner_url(settings: Settings) -> str:
    """The catalog as the role that owns it: WETPLATE_OWNER_URL, else the embedded server.

    Raises DatabaseUnavailable; also when only WETPLATE_DATABASE_URL is set, which names another server.
    """
    if settings.owner_url is None and settings.database_url is not None:
        raise DatabaseUnavailable(
            "WETPLATE_DATABASE_URL is set: the owner of that catalog must be in WETPLATE_OWNER_URL"
        )
    return settings.owner_url or _embedded(settings, "owner")


def _embedded(settings: Settings, role: str) -> str:
    server = cluster.server(settings)
    if not cluster.alive(server):
        raise DatabaseUnavailable(
            f"the embedded Postgres in {server.data} is not running: run `wetplate db up`, "
            "or set WETPLATE_DATABASE_URL to another one."
        )
    return server.url(role)


def engine(url: str) -> Engine:
    """An engine for a psycopg 3 URL (`postgresql+psycopg://...`). Connects on first use.

    Raises StorageError for any other driver: psycopg 3 is the one the catalog is tested on.
    """
    if not url.startswith("postgresql+psycopg://"):
        raise StorageError(
            f"catalog URL must start with postgresql+psycopg:// (got {url.split('://')[0]}://)"
        )
    made = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    _close_when_dropped(made)
    return made


def _close_when_dropped(made: Engine) -> None:
    """Have an engine that nobody disposed of close its connections when it is collected, or at exit.

    A command opens an engine, uses it once and lets go of it; the pool alone would leave that to chance.
    """
    opened: dict[int, Any] = {}
    listen(made, "connect", lambda connection, _: opened.update({id(connection): connection}))
    listen(made, "close", lambda connection, _: opened.pop(id(connection), None))
    finalize(made, _close, opened)


def _close(opened: dict[int, Any]) -> None:
    for connection in opened.values():
        connection.close()


@contextmanager
def transaction(bound: Engine) -> Iterator[Session]:
    """One transaction: committed if the block ends well, rolled back otherwise.

    Raises DatabaseUnavailable when Postgres does not answer, went away inside the block, or no connection
    became free in time, StorageFull when its disk is full, StorageError when it gave the transaction up
    (deadlock, time-out).
    """
    try:
        with Session(bound, expire_on_commit=False) as session, session.begin():
            yield session
    except (OperationalError, InterfaceError) as error:
        raise _named(error, bound) from error
    except NoneFree as error:
        raise DatabaseUnavailable(
            f"all connections of this process to Postgres at {_where(bound)} are in use: run this step again "
            "in a moment."
        ) from error


def _named(error: DBAPIError, bound: Engine) -> StorageError:
    where = _where(bound)
    first = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    why = f"{first}. Nothing is half-written: run this step again"
    state = getattr(error.orig, "sqlstate", None)
    if state == DISK_FULL:
        return StorageFull(f"Postgres at {where} has no space left: {why} when there is.")
    if state and state.startswith(GIVEN_UP):
        return StorageError(f"Postgres at {where} gave the transaction up: {why}.")
    return DatabaseUnavailable(
        f"Postgres does not answer at {where}: {why} once it does. "
        "Start it with `wetplate db up`, or check the URL."
    )


def _where(bound: Engine) -> str:
    return bound.url.render_as_string(hide_password=True)


def now() -> datetime:
    """The present moment by this machine's clock, in UTC: for records of what happened."""
    return datetime.now(UTC)


def clock(session: Session) -> datetime:
    """The present moment by the database's clock, in UTC: for what processes of several machines compare.

    Holds, times to undo, what is due: whoever's clock is wrong neither takes nor counts anything early.
    """
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment.astimezone(UTC)

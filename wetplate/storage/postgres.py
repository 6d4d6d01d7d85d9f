"""The embedded Postgres as a person uses it: up, down, status, reset.

Here: roles, databases and the migration after the start. Not here: processes and folders (`cluster`),
programs (`binaries`). Production has its own Postgres: see WETPLATE_DATABASE_URL and WETPLATE_OWNER_URL.

Roles: `owner` owns the catalog and migrates it; `app` reads and writes what the migrations grant, and owns
Dagster's own database; owner may do whatever app may. Neither is a superuser: append-only holds here too.
"""

from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine

from wetplate.settings import Settings
from wetplate.storage import cluster, migrations
from wetplate.storage.cluster import Server

ROLES = ("owner", "app")
DATABASES = {"wetplate": "owner", "dagster": "app"}


@dataclass(frozen=True)
class Status:
    """What `wetplate db status` tells: `revision` is the catalog's schema, None when it cannot be read."""

    running: bool
    server: Server
    version: int | None
    revision: str | None

    def url(self, role: str = "app", database: str = "wetplate", driver: str = "psycopg") -> str:
        """The URL of a database here, running or not; see Server.url."""
        return self.server.url(role, database, driver)


def up(settings: Settings) -> Server:
    """Have the server running with its roles, databases and the newest schema. Can be called at any time."""
    which = cluster.server(settings)
    cluster.start(settings, which)
    prepare(which)
    return which


def prepare(which: Server) -> None:
    """Make the roles and databases that are missing, then migrate the catalog."""
    create_roles(which)
    for name, owner in DATABASES.items():
        create_database(which, name, owner)
    migrate(which)


def create_roles(which: Server) -> None:
    """The roles that are missing; both may log in over the socket, neither is a superuser."""
    with which.connect() as connection:
        there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in sorted(set(ROLES) - there):
            connection.execute(f'CREATE ROLE "{role}" LOGIN'.encode())
        connection.execute("GRANT app TO owner")


def create_database(which: Server, name: str, owner: str, template: str | None = None) -> None:
    """A database of that owner, unless there is one of that name. `template`: an idle database to copy.

    A template is copied file by file: through the log, Postgres' default, takes five times as long.
    """
    with which.connect() as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if found is None:
            source = f'TEMPLATE "{template}" STRATEGY file_copy' if template else ""
            connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}" {source}'.encode())


def migrate(which: Server, database: str = "wetplate") -> None:
    """Bring one database here to the newest schema, as its owner."""
    engine = create_engine(which.url("owner", database), poolclass=NullPool)
    migrations.upgrade(engine)


def down(settings: Settings) -> bool:
    """Stop the server; False when it was not running. Data stays."""
    which = cluster.server(settings)
    running = cluster.alive(which)
    cluster.stop(settings, which)
    return running


def status(settings: Settings) -> Status:
    """What is there. Changes nothing."""
    which = cluster.server(settings)
    running = cluster.alive(which)
    engine = create_engine(which.url("owner"), poolclass=NullPool)
    revision = migrations.current(engine) if running else None
    return Status(running, which, which.major(), revision)


def reset(settings: Settings) -> None:
    """Stop the server and delete every row it holds: the catalog and Dagster's history. Objects stay."""
    which = cluster.server(settings)
    cluster.stop(settings, which)
    cluster.remove(which)

"""`up` leaves a server with its roles, databases and schema; everything can be repeated."""

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import ProgrammingError

from wetplate.settings import Settings
from wetplate.storage import cluster, migrations, postgres
from wetplate.storage.cluster import Server


def carelessly_up(now: Settings) -> Server:
    """A server as `up` leaves it, but for its durability."""
    server = cluster.server(now)
    cluster.start(now, server, careless=True)
    return postgres.up(now)


@pytest.fixture
def server(shared: Settings) -> Server:
    return carelessly_up(shared)


def test_up_down_up(shared: Settings, server: Server) -> None:
    found = postgres.status(shared)
    assert (found.running, found.revision, found.server) == (True, migrations.newest(), server)
    assert postgres.up(shared) == server
    assert postgres.down(shared)
    assert not postgres.down(shared)
    found = postgres.status(shared)
    assert (found.running, found.revision) == (False, None)
    assert found.version == server.major()
    assert postgres.up(shared) == server


def test_nobody_who_works_here_is_superuser(server: Server) -> None:
    with server.connect() as connection:
        roles = dict(connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname !~ '^pg_'"))
    assert roles == {"postgres": True, "owner": False, "app": False}


@pytest.mark.parametrize("role", ["app", "owner"])
def test_dagster_keeps_its_rows_through_psycopg2(server: Server, role: str) -> None:
    engine = create_engine(server.url(role, "dagster", "psycopg2"), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE events_{role} (id int)"))
        connection.execute(text(f"INSERT INTO events_{role} VALUES (1)"))
        assert connection.scalar(text(f"SELECT id FROM events_{role}")) == 1


def test_app_makes_no_tables_in_the_catalog(server: Server) -> None:
    engine = create_engine(server.url("app"), poolclass=NullPool)
    with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id int)"))


def test_reset_deletes_every_row(shared: Settings, server: Server) -> None:
    engine = create_engine(server.url("app"), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO families VALUES ('shoe', '', '', '{}', now())"))
    postgres.reset(shared)
    assert not server.home.exists()
    assert not postgres.status(shared).running
    carelessly_up(shared)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM families")) == 0

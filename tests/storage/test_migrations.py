"""The migrations make what the models declare, and the database itself keeps evidence from being changed."""

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

import wetplate
from wetplate.errors import DatabaseUnavailable, SchemaMismatch
from wetplate.storage import migrations, postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import Base

APPEND_ONLY = ["signals", "verdicts", "canonical_images", "provenance", "moves"]
MUTABLE = [
    "families", "recipes", "paintings", "budgets", "derivatives", "placeholders", "publications", "outbox", "orphans",
]  # fmt: skip
CHANGES = ["UPDATE {table} SET at = at", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]


@pytest.fixture(scope="module", autouse=True)
def _every_model() -> None:
    package = Path(wetplate.__path__[0])
    for file in sorted(package.glob("*/tables.py")):
        importlib.import_module(f"wetplate.{file.parent.name}.tables")
    for name in ("outbox", "sweep"):
        importlib.import_module(f"wetplate.storage.{name}")


def test_models_and_migrations_tell_the_same_schema(owner: Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_is_declared_append_only_or_mutable() -> None:
    assert sorted(APPEND_ONLY + MUTABLE) == sorted(Base.metadata.tables)


def test_upgrade_can_be_repeated(owner: Engine) -> None:
    migrations.upgrade(owner)
    assert migrations.current(owner) == migrations.newest() == "0001"


def test_a_current_database_is_accepted(database: Engine) -> None:
    migrations.require_current(database)


def test_an_older_or_newer_database_is_refused(database: Engine, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match=r"revision 9999.*wetplate db up"):
        migrations.require_current(database)


def test_an_empty_database_is_refused(postgres_server: Server) -> None:
    postgres.create_database(postgres_server, "empty", "owner")
    engine = create_engine(postgres_server.url("owner", "empty"))
    with pytest.raises(SchemaMismatch, match="revision none"):
        migrations.require_current(engine)
    engine.dispose()


def test_a_missing_database_has_no_revision(postgres_server: Server) -> None:
    assert migrations.current(create_engine(postgres_server.url("owner", "nowhere"))) is None


def test_a_missing_server_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        migrations.current(create_engine(f"postgresql+psycopg://app@/wetplate?host={tmp_path}"))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", CHANGES)
def test_app_may_not_change_evidence(database: Engine, table: str, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(text(change.format(table=table)))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", CHANGES)
def test_nor_may_the_owner(owner: Engine, table: str, change: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), owner.begin() as connection:
        connection.execute(text(change.format(table=table)))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", CHANGES)
def test_nor_may_a_superuser_who_plays_replica(
    postgres_server: Server, database_name: str, table: str, change: str
) -> None:
    engine = create_engine(postgres_server.url("postgres", database_name))
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(change.format(table=table)))
    engine.dispose()


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE verdicts DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON verdicts",
        "DROP TABLE verdicts CASCADE",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "GRANT UPDATE ON verdicts TO app",
        "SET ROLE owner",
        "CREATE TABLE mine (id int)",
    ],
)
def test_app_may_not_weaken_the_rule(database: Engine, attempt: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        database.begin() as connection,
    ):
        connection.execute(text(attempt))


def test_app_may_not_overwrite_by_upsert(database: Engine) -> None:
    upsert = (
        "INSERT INTO moves (stream, position, body, previous, hash, at, move, from_state, to_state, actor, reason) "
        "VALUES ('a', 0, '', '', '', now(), '', '', '', '', '') ON CONFLICT (stream, position) DO UPDATE SET body = ''"
    )
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(text(upsert))


@pytest.mark.parametrize("table", MUTABLE)
def test_app_keeps_the_present_state(database: Engine, table: str) -> None:
    with database.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))

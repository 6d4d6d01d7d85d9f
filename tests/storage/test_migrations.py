"""The migrations make what the models declare, and the database itself keeps evidence from being changed."""

import importlib
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

import wetplate
from wetplate.errors import DatabaseUnavailable, SchemaMismatch
from wetplate.storage import migrations, postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import Base

APPEND_ONLY = [
    "signals",
    "verdicts",
    "canonical_images",
    "provenance",
    "moves",
    "policies",
    "calibrations",
    "account_events",
    "decisions",
    "accesses",
    "erasures",
    "holds",
    "disclosures",
    "originals",
    "credentials",
    "notice_events",
    "audit_leaves",
    "audit_heads",
]
MUTABLE = [
    "families",
    "recipes",
    "paintings",
    "budgets",
    "derivatives",
    "placeholders",
    "publications",
    "outbox",
    "orphans",
    "transforms",
    "purges",
    "tasks",
    "reviewers",
    "sessions",
    "sign_ins",
    "personal_keys",
    "personal",
    "restricted",
    "fingerprints",
    "blocks",
    "notices",
    "notice_images",
    "evidence",
]
CHANGES = ["UPDATE {table} SET at = at", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]


@pytest.fixture(scope="module", autouse=True)
def _every_model() -> None:
    package = Path(wetplate.__path__[0])
    for file in sorted(package.rglob("tables.py")):
        importlib.import_module(".".join(file.relative_to(package.parent).with_suffix("").parts))
    for name in ("outbox", "sweep"):
        importlib.import_module(f"wetplate.storage.{name}")


SCHEMA = """
    SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), true
      FROM pg_constraint WHERE contype <> 'n' AND connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef, true FROM pg_indexes WHERE schemaname = 'public'
"""


def schema(engine: Engine) -> set[tuple[object, ...]]:
    """Columns, constraints and indexes as Postgres itself describes them."""
    with engine.connect() as connection:
        found = {tuple(row) for row in connection.execute(text(SCHEMA))}
    return {row for row in found if row[1] != "alembic_version"}


def test_models_and_migrations_tell_the_same_schema(owner: Engine, postgres_server: Server) -> None:
    postgres.create_database(postgres_server, "declared", "owner")
    declared = create_engine(postgres_server.url("owner", "declared"), poolclass=NullPool)
    Base.metadata.create_all(declared)
    assert schema(owner) == schema(declared)


def test_every_table_is_declared_append_only_or_mutable() -> None:
    assert sorted(APPEND_ONLY + MUTABLE) == sorted(Base.metadata.tables)


def test_upgrade_can_be_repeated(owner: Engine) -> None:
    migrations.upgrade(owner)
    assert migrations.current(owner) == migrations.newest() == "0003"


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


def refusals(engine: Engine, *first: str) -> dict[str, str]:
    """What the database says to each change of each table of evidence, in one connection."""
    said = {}
    with engine.connect() as connection:
        for statement in first:
            connection.execute(text(statement))
        for change in (each.format(table=table) for table in APPEND_ONLY for each in CHANGES):
            attempt = connection.begin_nested()
            try:
                connection.execute(text(change))
                said[change] = "done"
            except DBAPIError as error:
                said[change] = str(error.orig)
            attempt.rollback()
    return said


def test_app_may_not_change_evidence(database: Engine) -> None:
    allowed = {change for change, said in refusals(database).items() if "permission denied" not in said}
    assert allowed == set()


def test_nor_may_the_owner(owner: Engine) -> None:
    assert {change for change, said in refusals(owner).items() if "append-only" not in said} == set()


def test_nor_may_a_superuser_who_plays_replica(postgres_server: Server, database_name: str) -> None:
    superuser = create_engine(postgres_server.url("postgres", database_name), poolclass=NullPool)
    said = refusals(superuser, "SET session_replication_role = replica")
    assert {change for change, why in said.items() if "append-only" not in why} == set()


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE verdicts DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON verdicts",
        "DROP TABLE verdicts CASCADE",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "SET ROLE owner",
        "CREATE TABLE mine (id int)",
    ],
)
def test_app_may_not_weaken_the_rule(database: Engine, attempt: str) -> None:
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with refused, database.begin() as connection:
        connection.execute(text(attempt))


def test_app_may_not_overwrite_by_upsert(database: Engine) -> None:
    insert = "INSERT INTO moves SELECT 1, 'a', 0, '', '', '', now(), '', '', '', '', ''"
    upsert = text(f"{insert} ON CONFLICT (stream, position) DO UPDATE SET body = ''")
    with pytest.raises(ProgrammingError, match="permission denied"), database.begin() as connection:
        connection.execute(upsert)


def test_app_keeps_the_present_state(database: Engine) -> None:
    with database.begin() as connection:
        for table in MUTABLE:
            attempt = connection.begin_nested()
            connection.execute(text(f"DELETE FROM {table}"))
            attempt.rollback()
            with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.execute(text(f"TRUNCATE {table} CASCADE"))

"""A sealed trail, made once for the module; tests tamper with it as superuser and roll that back."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from wetplate.attestation.keys import Key, fresh
from wetplate.audit.sealing import seal
from wetplate.moderation.tables import PolicyRow, VerdictRow
from wetplate.retention import holds
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.memory import MemoryObjects

VERDICT = {
    "object_sha256": "0" * 64,
    "decided_by": "policy",
    "policy": "default/1",
    "policy_sha256": "1" * 64,
    "reasons": ["band: ä"],
    "evidence": None,
}


@dataclass(frozen=True)
class Trail:
    """A database with two streams of verdicts, a hold and a policy under two heads; its store and key."""

    name: str
    database: Engine
    superuser: Engine
    objects: MemoryObjects
    key: Key


@pytest.fixture(scope="module")
def trail(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[Trail]:
    name = f"audited_{request.module.__name__.rsplit('.')[-1]}"
    postgres.create_database(postgres_server, name, "owner", "template_catalog")
    app, superuser = (
        create_engine(postgres_server.url(role, name), poolclass=NullPool) for role in ("app", "postgres")
    )
    made = Trail(name, app, superuser, MemoryObjects(), fresh())
    write(app, "a", ["review", "approve", "reject"])
    with Session(app) as session, session.begin():
        session.add(PolicyRow(sha256="p1", name="product/2", taxonomy="2", body="version = 2"))
        holds.place(session, "a", "person:1", "case 1")
    seal(app, made.objects, made.key)
    write(app, "b", ["review", "approve"])
    seal(app, made.objects, made.key)
    yield made
    with postgres_server.connect() as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def tampering(trail: Trail) -> Iterator[Session]:
    """A superuser's transaction without triggers, rolled back after the test."""
    with Session(trail.superuser) as session:
        for table in ("verdicts", "holds", "policies", "audit_leaves", "audit_heads"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        yield session
        session.rollback()


def write(database: Engine, stream: str, verdicts: list[str]) -> None:
    with Session(database) as session, session.begin():
        for verdict in verdicts:
            VerdictRow.append(session, stream, verdict=verdict, **VERDICT)

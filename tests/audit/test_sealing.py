"""Sealing can be cut off at any line, run by several at once, and never speaks of what was not committed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.audit.conftest import VERDICT, write
from wetplate.attestation.keys import Key, fresh
from wetplate.audit import heads, sealing
from wetplate.audit.merkle import EMPTY
from wetplate.audit.sealing import seal
from wetplate.audit.tables import HeadRow, LeafRow
from wetplate.audit.verify import verify
from wetplate.errors import AuditBroken
from wetplate.moderation.tables import PolicyRow, VerdictRow
from wetplate.storage.cluster import Server
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects


@pytest.fixture(scope="module")
def key() -> Key:
    return fresh()


def whole(database: Engine, objects: MemoryObjects, key: Key) -> bool:
    with Session(database) as session:
        return verify(session, objects, [key]).whole


def test_heads_grow_by_what_was_committed(database: Engine, objects: MemoryObjects, key: Key) -> None:
    assert seal(database, objects, key).size == 0
    write(database, "a", ["review", "approve"])
    with Session(database) as session:
        VerdictRow.append(session, "b", verdict="review", **VERDICT)
        assert (seal(database, objects, key).rows, seal(database, objects, key).rows) == (2, 0)
        session.commit()
    assert seal(database, objects, key).size == 3
    with Session(database) as session:
        assert [row.size for row in session.query(HeadRow).order_by(HeadRow.size)] == [2, 3]
        places = session.query(LeafRow.stream).order_by(LeafRow.position)
        assert [stream for (stream,) in places] == ["a", "a", "b"]
    head = heads.opened([key], objects.get("audit/heads/000000000003.jws").decode())
    assert (head.size, head.previous_size) == (3, 2)
    assert whole(database, objects, key)


class Dies(Exception):
    """The process died here."""


class Dying(MemoryObjects):
    def put(self, key: str, body: bytes, *, content_type: str) -> Any:
        super().put(key, body, content_type=content_type)
        raise Dies


def test_a_crash_between_the_object_and_its_row_is_finished(database: Engine, key: Key) -> None:
    objects = Dying()
    write(database, "a", ["review"])
    with pytest.raises(Dies):
        seal(database, objects, key)
    left = objects.get(heads.key_of(1))
    objects.__class__ = MemoryObjects  # type: ignore[assignment]  # the process that comes after
    seal(database, objects, key)
    assert objects.get(heads.key_of(1)) == left
    assert whole(database, objects, key)


def test_places_without_a_head_are_signed_by_the_next_call(
    database: Engine, objects: MemoryObjects, key: Key
) -> None:
    write(database, "a", ["review"])
    with transaction(database) as session:
        assert sealing.sequence(session) == 1
    assert seal(database, objects, key).size == 1
    assert whole(database, objects, key)


def test_another_head_in_the_place_of_the_next_stops_sealing(
    database: Engine, objects: MemoryObjects, key: Key
) -> None:
    other = heads.signed(key, heads.Head(1, "0" * 64, now(), 0, EMPTY))
    objects.put(heads.key_of(1), other.encode(), content_type="application/jose")
    write(database, "a", ["review"])
    with pytest.raises(AuditBroken, match="another head stands there"):
        seal(database, objects, key)


def test_batches_and_racing_sealers_leave_no_gap(
    database: Engine, objects: MemoryObjects, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    with transaction(database) as session:
        session.add_all(PolicyRow(sha256=f"p{n}", name="n", taxonomy="2", body="b") for n in range(7))
    for stream in "abcd":
        write(database, stream, ["review", "approve"])
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda _: seal(database, objects, key), range(3)))
    assert sum(sealed.rows for sealed in told) == 15
    assert seal(database, objects, key).size == 15
    assert whole(database, objects, key)


def test_an_older_row_is_sealed_only_when_asked(
    database: Engine, objects: MemoryObjects, key: Key, postgres_server: Server, database_name: str
) -> None:
    write(database, "a", ["review"])
    seal(database, objects, key)
    with postgres_server.connect(database_name) as connection:
        connection.execute(
            "INSERT INTO policies VALUES ('p', 'n', 't', 'b', now()), ('q', 'n', 't', 'b', now())"
        )
    seal(database, objects, key)
    with postgres_server.connect(database_name) as connection:
        connection.execute("INSERT INTO policies VALUES ('r', 'n', 't', 'b', now() - interval '9 days')")
    assert seal(database, objects, key).rows == 0
    with Session(database) as session:
        assert [(each.table, each.row) for each in verify(session, objects, [key]).findings] == [
            ("policies", "r")
        ]
    assert seal(database, objects, key, everything=True).rows == 1
    assert not whole(database, objects, key)


def test_a_head_whose_subtrees_were_changed_is_not_built_on(
    database: Engine, objects: MemoryObjects, key: Key, postgres_server: Server, database_name: str
) -> None:
    write(database, "a", ["review"])
    seal(database, objects, key)
    with postgres_server.connect(database_name) as connection:
        connection.execute("ALTER TABLE audit_heads DISABLE TRIGGER append_only")
        connection.execute(f"UPDATE audit_heads SET subtrees = '[\"{'00' * 32}\"]'".encode())
    write(database, "a", ["approve"])
    with pytest.raises(AuditBroken, match="was changed"):
        seal(database, objects, key)

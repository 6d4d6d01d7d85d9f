"""What is moved out of reach stays whole, wherever the move was cut off, and goes when due and not held."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from wetplate.errors import Erased, ObjectMissing, StorageError
from wetplate.retention import holds
from wetplate.retention.restricted import delete, due, move, moved, read
from wetplate.retention.sweeping import sweep as sweep_all
from wetplate.retention.tables import RestrictedRow
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256

KEY, BODY, LATER = "canonical/ab/cd.png", b"pixels", timedelta(days=30)


@pytest.fixture
def objects() -> MemoryObjects:
    made = MemoryObjects()
    made.put(KEY, BODY, content_type="image/png")
    return made


def away(session: Session, objects: MemoryObjects) -> str:
    return move(session, objects, KEY, "recipe-1", "redacted", now() + LATER)


def sweep(session: Session, objects: MemoryObjects, when: datetime) -> list[str]:
    return [key for key in due(session, when) if delete(session, objects, key, when)]


def test_a_moved_object_is_read_through_one_door(session: Session, objects: MemoryObjects) -> None:
    assert read(session, objects, KEY) == BODY
    assert away(session, objects) == f"restricted/{KEY}"
    assert moved(session, KEY)
    assert [entry.key for entry in objects.list()] == [f"restricted/{KEY}"]
    assert objects.head(f"restricted/{KEY}").content_type == "image/png"
    assert read(session, objects, KEY) == BODY
    row = session.get_one(RestrictedRow, KEY)
    assert (row.subject, row.sha256, row.bytes, row.reason) == ("recipe-1", sha256(BODY), 6, "redacted")


class Dies(Exception):
    """The process died here."""


class Dying(MemoryObjects):
    """A store whose process dies after so many writes (`before`: just before the last of them)."""

    def __init__(self, writes: int, *, before: bool) -> None:
        super().__init__()
        self.left, self.before = writes, before

    def put(self, key: str, body: bytes, *, content_type: str) -> Any:
        return self._write(lambda: MemoryObjects.put(self, key, body, content_type=content_type))

    def delete(self, key: str) -> None:
        self._write(lambda: MemoryObjects.delete(self, key))

    def _write(self, act: Callable[[], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and self.before:
            raise Dies
        answer = act()
        if self.left == 0:
            raise Dies
        return answer


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("writes", [2, 3])
def test_a_move_cut_off_anywhere_is_finished(session: Session, writes: int, before: bool) -> None:
    objects = Dying(writes, before=before)
    objects.put(KEY, BODY, content_type="image/png")
    with pytest.raises(Dies):
        away(session, objects)
    session.rollback()
    assert read(session, objects, KEY) == BODY
    assert away(session, objects) == away(session, objects)
    assert [entry.key for entry in objects.list()] == [f"restricted/{KEY}"]
    assert read(session, objects, KEY) == BODY


def test_a_move_that_died_after_its_row_is_finished(session: Session, objects: MemoryObjects) -> None:
    away(session, objects)
    objects.put(KEY, BODY, content_type="image/png")
    away(session, objects)
    assert [entry.key for entry in objects.list()] == [f"restricted/{KEY}"]


def test_what_stands_nowhere_cannot_be_moved(session: Session) -> None:
    with pytest.raises(ObjectMissing):
        away(session, MemoryObjects())


def test_what_is_due_goes_and_leaves_a_tombstone(session: Session, objects: MemoryObjects) -> None:
    away(session, objects)
    assert sweep(session, objects, now()) == []
    assert sweep(session, objects, now() + 2 * LATER) == [KEY]
    assert sweep(session, objects, now() + 2 * LATER) == []
    assert list(objects.list()) == []
    row = session.get_one(RestrictedRow, KEY)
    assert row.moved_to is None
    assert row.deleted_at
    assert row.sha256 == sha256(BODY)
    for door in (lambda: read(session, objects, KEY), lambda: away(session, objects)):
        with pytest.raises(Erased, match="deleted when it was due"):
            door()


def test_what_is_held_stays_and_is_logged(
    session: Session, objects: MemoryObjects, caplog: pytest.LogCaptureFixture
) -> None:
    away(session, objects)
    holds.place(session, "recipe-1", "me", "case 12")
    with caplog.at_level(logging.WARNING):
        assert sweep(session, objects, now() + 2 * LATER) == []
    assert KEY in caplog.text
    assert "case 12" in caplog.text
    assert read(session, objects, KEY) == BODY
    holds.lift(session, "recipe-1", "me", "case 12")
    assert sweep(session, objects, now() + 2 * LATER) == [KEY]


class Stuck(MemoryObjects):
    """One object cannot be deleted."""

    def delete(self, key: str) -> None:
        if key.endswith("stuck.png"):
            raise StorageError(f"{key}: not now")
        super().delete(key)


def test_one_that_cannot_be_deleted_keeps_no_other(kept: Engine) -> None:
    objects, keys = MemoryObjects(), [f"canonical/x/{name}.png" for name in ("first", "stuck", "then")]
    with transaction(kept) as session:
        for key in keys:
            objects.put(key, BODY, content_type="image/png")
            move(session, objects, key, "recipe-9", "redacted", now() + LATER)
    objects.__class__ = Stuck
    swept = sweep_all(kept, objects, now() + 2 * LATER)
    assert (swept.gone, list(swept.failed)) == ([keys[0], keys[2]], [keys[1]])
    objects.__class__ = MemoryObjects
    assert sweep_all(kept, objects, now() + 2 * LATER).gone == [keys[1]]

"""The sweep deletes what nobody refers to, late, and nothing else."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

import wetplate
from wetplate.errors import StorageError
from wetplate.generation.tables import PaintingRow
from wetplate.recipes.tables import FamilyRow, RecipeRow
from wetplate.storage import memory
from wetplate.storage import sweep as sweeping
from wetplate.storage.database import Base
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import Entry
from wetplate.storage.sweep import OrphanRow, Swept, key_columns, phase, sweep

DAY = timedelta(hours=24)
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _every_table() -> None:
    package = Path(wetplate.__path__[0])
    for file in sorted(package.rglob("tables.py")):
        importlib.import_module(".".join(file.relative_to(package.parent).with_suffix("").parts))
    importlib.import_module("wetplate.storage.outbox")


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory, "now", clock)
    monkeypatch.setattr(sweeping, "now", clock)
    return clock


@pytest.fixture
def family(session: Session) -> Iterator[None]:
    session.add(FamilyRow(slug="shoe", title="", digest="", definition={}))
    session.flush()
    return painted(session, "needed")


def painted(session: Session, key: str) -> None:
    """A painting whose object has this key."""
    session.add(RecipeRow(id=key, family="shoe", position=0, variant={}, body={}))
    session.flush()
    told = {"sha256": "", "bytes": 0, "runtime": {}, "model_files": {}, "seconds": 0.0, "run_id": ""}
    session.add(PaintingRow(recipe_id=key, key=key, **told))
    session.flush()


def put(objects: MemoryObjects, *keys: str) -> None:
    for key in keys:
        objects.put(key, b"1234", content_type="image/png")


def keys(objects: MemoryObjects) -> list[str]:
    return [entry.key for entry in objects.list()]


@pytest.mark.usefixtures("family")
def test_an_orphan_goes_in_two_passes(session: Session, objects: MemoryObjects, clock: Clock) -> None:
    put(objects, "lost", "needed")
    assert sweep(session, objects, delete=True) == Swept()
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True) == Swept(marked=1)
    clock.forward(DAY / 2)
    assert sweep(session, objects, delete=True) == Swept(waiting=1)
    clock.forward(DAY)
    assert sweep(session, objects, delete=True) == Swept(deleted=1, bytes=4)
    assert keys(objects) == ["needed"]
    assert sweep(session, objects, delete=True) == Swept()
    assert session.scalars(select(OrphanRow)).all() == []


@pytest.mark.usefixtures("family")
def test_a_dry_run_changes_nothing(session: Session, objects: MemoryObjects, clock: Clock) -> None:
    put(objects, "lost", "needed")
    clock.forward(DAY * 2)
    assert sweep(session, objects) == Swept(marked=1)
    assert session.scalars(select(OrphanRow)).all() == []
    sweep(session, objects, delete=True)
    clock.forward(DAY * 2)
    assert sweep(session, objects) == Swept(deleted=1, bytes=4)
    assert keys(objects) == ["lost", "needed"]


@pytest.mark.usefixtures("family")
def test_what_got_a_row_meanwhile_stays(session: Session, objects: MemoryObjects, clock: Clock) -> None:
    put(objects, "late", "needed")
    clock.forward(DAY * 2)
    sweep(session, objects, delete=True)
    painted(session, "late")
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True) == Swept()
    assert keys(objects) == ["late", "needed"]
    assert session.scalars(select(OrphanRow)).all() == []


@pytest.mark.usefixtures("family")
def test_a_row_between_the_look_and_the_deletion_saves_the_object(
    session: Session, objects: MemoryObjects, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(objects, "late", "needed")
    clock.forward(DAY * 2)
    sweep(session, objects, delete=True)
    clock.forward(DAY * 2)
    real = sweeping._remove

    def interrupted(*arguments: object) -> None:
        painted(session, "late")
        real(*arguments)

    monkeypatch.setattr(sweeping, "_remove", interrupted)
    sweep(session, objects, delete=True)
    assert keys(objects) == ["late", "needed"]


@pytest.mark.usefixtures("family")
def test_an_object_put_anew_starts_again(session: Session, objects: MemoryObjects, clock: Clock) -> None:
    put(objects, "again", "needed")
    clock.forward(DAY * 2)
    sweep(session, objects, delete=True)
    objects.delete("again")
    put(objects, "again")
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True) == Swept(marked=1)
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True) == Swept(deleted=1, bytes=4)


@pytest.mark.usefixtures("family")
def test_the_mark_of_a_deleted_object_is_forgotten(
    session: Session, objects: MemoryObjects, clock: Clock
) -> None:
    put(objects, "lost", "needed")
    clock.forward(DAY * 2)
    sweep(session, objects, delete=True)
    objects.delete("lost")
    sweep(session, objects, delete=True)
    assert session.scalars(select(OrphanRow)).all() == []


@pytest.mark.usefixtures("family")
def test_many_objects_go_in_batches(
    session: Session, objects: MemoryObjects, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    put(objects, "needed", *(f"lost/{number}" for number in range(10)))
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True).marked == 10
    clock.forward(DAY * 2)
    assert sweep(session, objects, delete=True) == Swept(deleted=10, bytes=40)
    assert keys(objects) == ["needed"]


def test_a_catalog_without_any_key_sweeps_nothing(session: Session, objects: MemoryObjects) -> None:
    with pytest.raises(StorageError, match="is this the catalog"):
        sweep(session, objects, delete=True)


def test_an_unknown_table_sweeps_nothing(session: Session, objects: MemoryObjects, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE newer (key VARCHAR)"))
    with pytest.raises(StorageError, match="tables newer are not loaded"):
        sweep(session, objects, delete=True)


@pytest.mark.usefixtures("family")
def test_two_sweeps_at_once(session: Session, objects: MemoryObjects, database: Engine) -> None:
    sweep(session, objects)
    with Session(database) as other, pytest.raises(StorageError, match="another sweep"):
        sweep(other, objects)


def test_every_column_that_sounds_like_an_object_key_says_so() -> None:
    said = {f"{column.table.name}.{column.name}" for column in key_columns()}
    sounds = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name == "key" or column.name.endswith("_key")
    }
    named_otherwise = {"outbox.key", "orphans.key", "personal_keys.key", "restricted.key"}
    assert sounds - said == named_otherwise


ENTRY = Entry(key="a", size=1, put_at=START)
MARK = OrphanRow(key="a", bytes=1, put_at=START, marked_at=START)


@pytest.mark.parametrize(
    ("entry", "mark", "limit", "expected"),
    [
        (ENTRY, None, START + DAY, "fresh"),
        (ENTRY, MARK, START, "waiting"),
        (ENTRY, MARK, START + DAY, "due"),
        (replace(ENTRY, put_at=START + DAY), MARK, START + DAY * 9, "fresh"),
    ],
)
def test_phases(entry: Entry, mark: OrphanRow | None, limit: datetime, expected: str) -> None:
    assert phase(entry, mark, limit) == expected

"""A takedown reaches the store: once, again, and after a crash in between."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import PublicationError, StorageError
from wetplate.publication import moves, takedown
from wetplate.publication.verify import verify
from wetplate.storage import outbox
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.outbox import Event


def public(objects: MemoryObjects) -> list[str]:
    return [entry.key for entry in objects.list("derivatives/")]


def event(session: Session, topic: str) -> Event:
    return session.scalars(select(Event).where(Event.topic == topic).order_by(Event.id.desc())).first()  # type: ignore[return-value]


def test_public_copies_go_and_evidence_stays(session: Session, objects: MemoryObjects) -> None:
    image, other = images.published(session, objects, 0), images.published(session, objects, 1)
    moves.take_down(session, image, "test", "privacy")
    told = takedown.handle(session, objects, event(session, "image.withdrawn").id)
    assert told.startswith(f"{image[:12]}: taken down")
    assert not [key for key in public(objects) if image in key]
    assert [key for key in public(objects) if other in key]
    assert objects.get(session.get_one(CanonicalRow, image).key)
    assert session.scalars(select(DerivativeRow).where(DerivativeRow.canonical_id == image)).all()
    assert outbox.unhandled(session) == []


def test_again_changes_nothing(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    moves.take_down(session, image, "test", "privacy")
    number = event(session, "image.withdrawn").id
    takedown.handle(session, objects, number)
    takedown.handle(session, objects, number)
    assert (public(objects), outbox.unhandled(session)) == ([], [])


def test_cut_off_in_the_middle_it_is_finished_by_the_next_run(
    database: Engine, objects: MemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(database) as session:
        image = images.published(session, objects)
        moves.take_down(session, image, "test", "privacy")
    before = len(public(objects))

    class Failing:
        def __init__(self) -> None:
            self.left = 2

        def delete(self, key: str) -> None:
            self.left -= 1
            if self.left < 0:
                raise StorageError("the store went away")
            objects.delete(key)

    with pytest.raises(StorageError), transaction(database) as session:
        takedown.execute(session, Failing(), image)  # type: ignore[arg-type]
    assert len(public(objects)) == before - 2
    with transaction(database) as session:
        assert len(outbox.unhandled(session)) == 1
        assert {finding.rule for finding in verify(session, objects)} == {
            "outbox_drained",
            "withdrawn_unreachable",
        }
        takedown.execute(session, objects, image)
    with transaction(database) as session:
        assert verify(session, objects) == []
    assert public(objects) == []


def test_reinstating_and_deriving_again_leaves_new_files_alone(
    session: Session, objects: MemoryObjects
) -> None:
    image = images.published(session, objects)
    moves.take_down(session, image, "test", "privacy")
    takedown.execute(session, objects, image)
    moves.reinstate(session, image, "test", "mistake")
    told = takedown.handle(session, objects, event(session, "image.reinstated").id)
    assert "makes its files anew" in told
    derive(session, objects, images.SIGNER, image, load("social-feed"))
    standing = public(objects)
    assert takedown.execute(session, objects, image) == 0
    assert public(objects) == standing != []


def test_other_events_are_none_of_its_business(session: Session, objects: MemoryObjects) -> None:
    images.published(session, objects)
    for number in (event(session, "image.published").id, 999_999):
        with pytest.raises(PublicationError, match=f"event {number}"):
            takedown.handle(session, objects, number)

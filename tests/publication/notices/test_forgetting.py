"""A notice closed long ago is forgotten, but for what is held; opened again it is not."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from tests.review.people import WRAPPING
from wetplate.attestation.keys import fresh
from wetplate.errors import Erased
from wetplate.publication.notices import catalog, decisions, evidence, forgetting, locate
from wetplate.publication.notices.steps import Step
from wetplate.publication.notices.tables import EvidenceRow
from wetplate.retention import holds
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects

DAYS, KEY = 30, fresh()


def closed(database: Engine, objects: MemoryObjects) -> str:
    with transaction(database) as session:
        row = catalog.file(
            session, WRAPPING, kind="other", said={"reason": "it is me", "name": "Grace Hopper"},
            where=locate.pointed(["/gallery/"]), actor="stranger", channel="form",
        ).notice  # fmt: skip
        decisions.set_aside(session, row.id, Step.ABUSIVE, "person:x")
        evidence.seal(session, objects, KEY, row.id, {})
        return row.id


def test_what_was_closed_long_ago_is_forgotten_unless_it_is_held(
    database: Engine, objects: MemoryObjects
) -> None:
    first, second = closed(database, objects), closed(database, objects)
    with transaction(database) as session:
        holds.place(session, catalog.subject(second), "person:x", "case 1")
    assert forgetting.sweep(database, objects, now(), DAYS) == ([], {})
    later = now() + timedelta(days=DAYS, seconds=1)
    assert forgetting.sweep(database, objects, later, DAYS) == ([first], {})
    with transaction(database) as session:
        assert evidence.kept(session, first) == []
        gone = session.scalars(select(EvidenceRow).where(EvidenceRow.notice == first)).all()
        assert {row.deleted_at for row in gone} == {later}
        left = {each.key for each in evidence.kept(session, second)}
        assert {entry.key for entry in objects.list()} == left != set()
        with pytest.raises(Erased):
            catalog.persons(session, WRAPPING, first)
        assert catalog.persons(session, WRAPPING, second) == {"name": "Grace Hopper"}
        holds.lift(session, catalog.subject(second), "person:x", "case 1")
    assert forgetting.sweep(database, objects, later, DAYS) == ([second], {})
    assert forgetting.sweep(database, objects, later, DAYS) == ([], {})
    assert list(objects.list()) == []

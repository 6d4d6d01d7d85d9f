"""A decision is ticked off when what follows from it holds, not before."""

import pytest
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.generation.tables import PaintingRow
from wetplate.publication import decisions, moves
from wetplate.storage import outbox
from wetplate.storage.memory import MemoryObjects


def decided(session: Session, canonical_id: str, verdict: str) -> None:
    image = session.get_one(CanonicalRow, canonical_id)
    images.verdict(session, image.recipe_id, image.object_sha256, verdict)
    outbox.append(session, "review.decided", key=image.recipe_id, family=image.family, verdict=verdict)


def test_an_approval_is_carried_out_once_the_image_is_canonical(
    session: Session, objects: MemoryObjects
) -> None:
    decided(session, images.admitted(session, objects), "approve")
    assert decisions.settle(session, "clogs") == 0
    assert decisions.settle(session, "boots") == 1
    assert decisions.settle(session, "boots") == 0
    assert outbox.unhandled(session) == []


@pytest.mark.parametrize("newer", [True, False])
def test_an_approval_of_what_is_not_canonical_stays_open(
    session: Session, objects: MemoryObjects, newer: bool
) -> None:
    image = images.admitted(session, objects)
    painting = session.get_one(PaintingRow, session.get_one(CanonicalRow, image).recipe_id)
    object_sha256 = "f" * 64 if newer else painting.sha256
    images.verdict(session, painting.recipe_id, object_sha256, "approve")
    outbox.append(session, "review.decided", key=painting.recipe_id, family="boots")
    assert decisions.settle(session, "boots") == (0 if newer else 1)


def test_a_rejection_is_carried_out_once_nothing_is_public(session: Session, objects: MemoryObjects) -> None:
    decided(session, images.published(session, objects), "reject")
    assert decisions.settle(session, "boots") == 0
    moves.withdraw_rejected(session, "boots")
    assert decisions.settle(session, "boots") == 1


def test_a_rejection_of_a_draft_needs_nothing_more(session: Session, objects: MemoryObjects) -> None:
    decided(session, images.admitted(session, objects), "reject")
    assert decisions.settle(session, "boots") == 1

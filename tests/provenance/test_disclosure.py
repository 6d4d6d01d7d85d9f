"""What viewers are told: proposed from the start, decided by people, every decision on record."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.errors import ProvenanceError
from wetplate.provenance import disclosure
from wetplate.provenance.disclosure import GENERATIVE, WORDS, Disclosure, proposed
from wetplate.provenance.metadata import SOURCE_TYPES
from wetplate.provenance.tables import DisclosureRow
from wetplate.storage.chain import broken
from wetplate.storage.memory import MemoryObjects


@pytest.mark.parametrize("source_type", sorted(SOURCE_TYPES))
def test_what_a_model_made_is_disclosed_unless_a_person_says_otherwise(source_type: str) -> None:
    plain, shown = proposed(source_type), proposed(source_type, ["product"])
    assert plain.text == shown.text == WORDS[source_type] != ""
    expected = ("recommended", "required") if source_type in GENERATIVE else ("none", "none")
    assert (plain.need, shown.need) == expected


def test_people_decide_and_what_was_decided_before_stays(session: Session, objects: MemoryObjects) -> None:
    image = images.recorded(session, objects)
    assert disclosure.of(session, image) == Disclosure("recommended", "Made by a generative model")
    for _ in range(2):
        disclosure.say(session, image, "required", ["product", "place"], "  Made  by AI ", "person:p1")
    assert disclosure.of(session, image) == Disclosure("required", "Made by AI", ("place", "product"), True)
    disclosure.say(session, image, "none", [], "", "person:p2")
    assert disclosure.of(session, image).need == "none"
    rows = session.scalars(select(DisclosureRow).order_by(DisclosureRow.position)).all()
    assert [(row.need, row.actor) for row in rows] == [("required", "person:p1"), ("none", "person:p2")]
    assert list(broken(rows)) == []
    assert disclosure.decided(session, [image, "0" * 64]).keys() == {image}


def test_what_cannot_be_said(session: Session, objects: MemoryObjects) -> None:
    image = images.recorded(session, objects)
    for need, depicts, words in (
        *(("perhaps", [], ""), ("required", ["dog"], "")),
        *(("none", [], "x" * 201), ("none", [], "a\u202eb")),
    ):
        with pytest.raises(ProvenanceError):
            disclosure.say(session, image, need, depicts, words, "person:p1")
    with pytest.raises(ProvenanceError, match="no record"):
        disclosure.say(session, "0" * 64, "none", [], "", "person:p1")
    assert session.scalars(select(DisclosureRow)).all() == []

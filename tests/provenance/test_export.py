"""Exports: valid in their own formats, the same each time, and private only where they say so."""

import json
from collections.abc import Iterator

import pytest

from tests.delivery.conftest import lent
from tests.publication import images
from wetplate.attestation import dsse
from wetplate.attestation.keys import fresh
from wetplate.errors import ImageUnknown
from wetplate.provenance import export
from wetplate.provenance.claim import commitment
from wetplate.provenance.history import History
from wetplate.publication.lineage import history
from wetplate.recipes.catalog import register
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


@pytest.fixture(scope="module")
def both(postgres_server: Server) -> Iterator[tuple[History, History]]:
    """A published image and one that is only recorded."""
    objects = MemoryObjects()
    with lent(postgres_server) as engine, transaction(engine) as session:
        register(session, images.family())
        with pytest.raises(ImageUnknown, match="nothing to export"):
            history(session, images.recipe().id)
        made = images.published(session, objects), images.recorded(session, objects, 1)
        yield history(session, made[0]), history(session, made[1])


@pytest.fixture(scope="module")
def known(both: tuple[History, History]) -> History:
    return both[0]


def test_prov_is_read_by_the_library_that_knows_it(known: History) -> None:
    model = pytest.importorskip("prov.model")
    read = model.ProvDocument.deserialize(content=json.dumps(export.prov(known)), format="json")
    kinds = [type(record).__name__ for record in read.get_records()]
    assert kinds.count("ProvEntity") == 3 + len(known.files)  # painting, canonical, a file of the model
    assert kinds.count("ProvGeneration") == 2 + len(known.files)
    assert kinds.count("ProvDerivation") == 1 + len(known.files)
    assert kinds.count("ProvAgent") == 3  # software, model, the person who approved


def test_every_relation_of_prov_names_what_is_there(known: History) -> None:
    said = export.prov(known)
    names = {name for kind in ("entity", "activity", "agent") for name in said[kind]}
    relations = {kind: said[kind] for kind in said.keys() - {"prefix", "entity", "activity", "agent"}}
    assert relations.keys() >= {"wasGeneratedBy", "used", "wasDerivedFrom", "wasAssociatedWith"}
    for each in relations.values():
        for relation in each.values():
            ends = {value for key, value in relation.items() if key != "prov:time"}
            assert ends <= names
    assert all(name.partition(":")[0] in said["prefix"] for name in names)


def test_the_statement_is_in_totos_and_signed(known: History) -> None:
    key = fresh()
    statement = json.loads(
        dsse.opened([key.verifier()], export.envelope(known, key), payload_type=dsse.IN_TOTO)
    )
    assert statement == export.statement(known)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert [subject["digest"]["sha256"] for subject in statement["subject"]] == [
        *(known.canonical.sha256, *(file.sha256 for file in known.files))
    ]  # fmt: skip
    assert statement["predicate"]["materials"] == [
        {"uri": "model:families/boots/model#unet", "digest": {"sha256": "ab" * 32}}
    ]
    assert statement["predicate"]["commitment"] == known.commitment


def test_only_the_record_is_private(known: History) -> None:
    auditors = json.dumps([export.prov(known), export.statement(known)])
    for secret in (images.PROMPT, "987654321", known.salt, "person:test"):
        assert secret not in auditors
        assert secret in json.dumps(export.record(known))


def test_the_record_opens_the_commitment(known: History) -> None:
    said = json.loads(json.dumps(export.record(known)))
    assert commitment(said["record"], said["salt"]) == said["commitment"]


def test_a_person_is_another_one_in_another_image(both: tuple[History, History]) -> None:
    names = {export.who(each, "person:anna") for each in both}
    assert len(names) == 2
    assert not any("anna" in name for name in names)
    assert export.who(both[0], "person:anna") == export.who(both[0], "person:anna")
    assert export.who(both[0], "policy") == "software:wetplate"

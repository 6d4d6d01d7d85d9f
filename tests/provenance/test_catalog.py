"""The private record: written once, for approved images, and committed to in public."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageUnknown, NotApproved, ProvenanceError
from wetplate.provenance import catalog
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import made_chain
from wetplate.provenance.metadata import carries, mark
from wetplate.provenance.tables import ProvenanceRow
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


def test_the_record_tells_everything(session: Session, objects: MemoryObjects) -> None:
    image, family, recipe = images.admitted(session, objects), images.family(), images.recipe()
    assert catalog.unrecorded(session, "boots") == [image]
    row = catalog.record(session, image, family)
    assert catalog.unrecorded(session, "boots") == []
    assert (row.model_id, row.model_revision, row.model_files) == (
        recipe.model.id, recipe.model.revision, {"unet": "ab" * 32},
    )  # fmt: skip
    assert (row.prompt, row.negative_prompt, row.seed) == (recipe.prompt, recipe.negative_prompt, recipe.seed)
    assert row.parameters["sampler"] == "DDIM"
    assert row.parameters["recipe"] == recipe.id
    assert (row.runtime["painter"], row.run_id) == ("diffusers", "run-1")
    assert (row.licence, row.commercial_use, row.restrictions) == ("Apache-2.0", "yes", ["no hats"])
    assert row.source_type == "trainedAlgorithmicMedia"


def test_the_first_record_stays(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    first = catalog.record(session, image, images.family()).public_id
    again = catalog.record(
        session, image, images.family(licence={**images.DEFINITION["licence"], "commercial_use": "no"})
    )
    assert (again.public_id, again.commercial_use) == (first, "yes")


def test_racing_writers_agree(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        image = images.admitted(session, objects)

    def record(_: int) -> str:
        with transaction(database) as session:
            return catalog.record(session, image, images.family()).public_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(record, range(8)))) == 1


def test_what_is_not_approved_gets_no_record(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    row = session.get_one(CanonicalRow, image)
    images.verdict(session, row.recipe_id, row.object_sha256, "review")
    with pytest.raises(NotApproved):
        catalog.record(session, image, images.family())
    assert session.scalars(select(ProvenanceRow)).all() == []


def test_strangers_are_refused(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    with pytest.raises(ProvenanceError, match="belongs to family 'boots', not to 'clogs'"):
        catalog.record(session, image, images.family("clogs"))
    with pytest.raises(ImageUnknown):
        catalog.record(session, "0" * 64, images.family())
    with pytest.raises(ProvenanceError, match="materialise"):
        catalog.claim(session, image)


def test_the_claim_is_the_same_in_every_time_zone(session: Session, objects: MemoryObjects) -> None:
    image = images.recorded(session, objects)
    here = catalog.claim(session, image)
    session.execute(text("SET LOCAL TIME ZONE 'Pacific/Auckland'"))
    session.expire_all()
    assert catalog.claim(session, image) == here


def test_no_public_byte_tells_prompt_seed_or_run(
    session: Session, objects: MemoryObjects, tmp_path: object
) -> None:
    signer = C2paSigner(made_chain(settings().var / "certs")[0])
    image = images.derived(session, objects, signer=signer)
    row, claim = catalog.recorded(session, image), catalog.claim(session, image)
    private = [
        row.prompt,
        row.negative_prompt,
        str(row.seed),
        row.model_id,
        row.salt,
        images.recipe().id,
        image,
    ]
    files = session.scalars(select(DerivativeRow)).all()
    assert {file.format for file in files} == {"avif", "webp", "jpeg"}
    for file in files:
        body = objects.get(file.key)
        manifest = objects.get(file.manifest_key) if file.manifest_key else b""
        assert mark(body) == "trainedAlgorithmicMedia"
        assert not [secret for secret in private if carries(body, secret) or secret.encode() in manifest]
        read = signer.read(body, f"image/{file.format}", manifest or None)
        assert read is not None
        assert read.trusted
        assert read.claim == replace(claim, actions=read.claim.actions if read.claim else ())

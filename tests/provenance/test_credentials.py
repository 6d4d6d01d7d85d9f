"""Credentials of a canonical and of what is made from it: signed once, whole chains, every format."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.contracts.signer import CLAIM, picture
from tests.provenance import outside
from tests.publication import images
from wetplate.canonical.admission import admit, unadmitted
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import Credentials
from wetplate.errors import ProvenanceError
from wetplate.generation.catalog import keep_pixels, pixels
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.formats import MEDIA_TYPES
from wetplate.provenance import catalog, credentials
from wetplate.provenance.adoption import adopt
from wetplate.provenance.arrivals import Arrival
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.claim import Parent, commitment, manifest
from wetplate.provenance.signing import Signed, Signer
from wetplate.provenance.tables import CredentialsRow, ProvenanceRow
from wetplate.recipes.catalog import REDACTION, enter, register
from wetplate.redaction.redact import redact
from wetplate.storage.memory import MemoryObjects

PNG = "image/png"
GOLDEN_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
GOLDEN = "e54d8ec6dd4e7fe8efc623b6ea6e586573a1cb05fa5b6cc01825a836552b5d3e"
NAMED = Parent("canonical", PNG, "xmp:iid:" + "ab" * 16)


def read(objects: MemoryObjects, file: Any) -> Any:
    """What the library's reader says of a derivative as it is stored."""
    beside = objects.get(file.manifest_key) if file.manifest_key else None
    return outside.ours().read(objects.get(file.key), MEDIA_TYPES[file.format], beside)


@pytest.mark.parametrize("media_type", MEDIA_TYPES.values())
@pytest.mark.parametrize("embed", [True, False], ids=["full", "sidecar"])
def test_a_file_carries_its_parents_credentials_and_all_of_them_hold(media_type: str, embed: bool) -> None:
    signer, canonical = outside.ours(), picture(PNG)
    parent = signer.parent(canonical, PNG, NAMED, signer.sidecar(canonical, PNG, CLAIM).manifest)
    claim = replace(CLAIM, oversight="prompt_guided").opening().after(resized=True, transcoded=True)
    body = picture(media_type)
    signed = (signer.sign if embed else signer.sidecar)(body, media_type, claim, parent)
    said = signer.read(signed.body, media_type, None if embed else signed.manifest)
    assert said is not None
    assert (said.valid, said.trusted, said.problems, said.claim) == (True, True, (), claim)
    assert (said.manifests, said.source_type, said.generator) == (2, "trainedAlgorithmicMedia", "Wetplate")
    assert not said.timestamped
    assert (signed.body == body) == (not embed)
    assert len(signed.body) - len(body) < 11_000  # no thumbnail anywhere in the chain
    flipped = bytearray(signed.body)
    flipped[signed.body.index(body[len(body) // 2 :][:32])] ^= 1
    broken = signer.read(bytes(flipped), media_type, None if embed else signed.manifest)
    assert broken is None or not broken.valid


def test_a_claim_opens_its_parent_and_nothing_else() -> None:
    with pytest.raises(ProvenanceError, match="opens its parent"):
        manifest(CLAIM.opening())
    with pytest.raises(ProvenanceError, match="opens its parent"):
        manifest(CLAIM, NAMED)
    with pytest.raises(ProvenanceError, match="make no claim"):
        manifest(replace(CLAIM, actions=("created", "opened")))
    with pytest.raises(ProvenanceError, match="no word of C2PA's"):
        manifest(replace(CLAIM, oversight="a nice person"))


def test_an_authority_that_does_not_answer_is_said() -> None:
    signer = C2paSigner(outside.ours()._chain, "http://127.0.0.1:9/nobody")
    with pytest.raises(ProvenanceError, match="failed"):
        signer.sign(picture(PNG), PNG, CLAIM)


def test_what_was_painted_in_every_mode(session: Session, objects: MemoryObjects) -> None:
    for number, mode in enumerate(("full", "short", "sidecar")):
        image = images.recorded(session, objects, number)
        profile = replace(images.FIXED, widths=(128,), credentials=Credentials(mode))
        files = derive(session, objects, outside.ours(), image, profile)
        assert {file.format for file in files} == {"avif", "webp", "jpeg"}
        for file in files:
            said = read(objects, file)
            assert (said.trusted, said.problems, file.credentials) == (True, (), mode)
            assert (file.manifest_key is not None) == (mode == "sidecar")
            assert said.manifests == (1 if mode == "short" else 2)
            assert said.claim.actions[0] == ("created" if mode == "short" else "opened")
            assert said.claim.oversight == "human_validated"  # `images` has a person approve
    row = session.get_one(CredentialsRow, image)
    assert (row.key, row.timestamp) == (f"canonical/{image[:2]}/{image}.png.c2pa", None)
    own = outside.ours().read(
        objects.get(session.get_one(CanonicalRow, image).key), PNG, objects.get(row.key)
    )
    assert own is not None
    assert (own.trusted, own.claim) == (True, catalog.claim(session, image))


def test_the_canonical_is_signed_once_whoever_comes_second(session: Session, objects: MemoryObjects) -> None:
    image, signer = images.recorded(session, objects), outside.ours()
    row = session.get_one(CanonicalRow, image)
    body = objects.get(row.key)
    killed = signer.sidecar(body, PNG, catalog.claim(session, image)).manifest
    objects.put(f"{row.key}.c2pa", killed, content_type="application/c2pa")
    first = credentials.base(session, objects, signer, row, body)
    assert objects.get(f"{row.key}.c2pa") == killed == first.parent.manifest

    class Once(C2paSigner):
        def sidecar(self, *said: Any) -> Signed:
            raise AssertionError("signed again")

    assert credentials.base(session, objects, Once(signer._chain), row, body) == first
    objects.delete(f"{row.key}.c2pa")
    objects.put(f"{row.key}.c2pa", b"another", content_type="application/c2pa")
    with pytest.raises(ProvenanceError, match="another manifest than was signed"):
        credentials.base(session, objects, signer, row, body)


def redacted(session: Session, objects: MemoryObjects, of: str) -> str:
    """The canonical id of the picture with a region covered, by the doors that every picture goes through."""
    before = session.get_one(PaintingRow, of)
    covered = pixels(objects, before).copy()
    covered[10:30, 10:30] = 0
    recipe = enter(session, "boots", REDACTION, {}, {"of": of, "object_sha256": before.sha256})
    painting = keep_pixels(session, objects, recipe, covered, "redaction")
    images.verdict(session, recipe, painting.sha256, "approve")
    (judged,) = [each for each in unadmitted(session, "boots") if each.recipe_id == recipe]
    image = admit(session, objects, judged).id
    catalog.record(session, image, images.family())
    return image


def test_a_redacted_picture_opens_the_one_before_it(session: Session, objects: MemoryObjects) -> None:
    """Which was signed, or never was."""
    signer: Signer = outside.ours()
    profile = replace(images.FIXED, widths=(128,), credentials=Credentials("short"))
    for number, signed in enumerate((True, False)):
        old = images.recorded(session, objects, number)
        if signed:
            derive(session, objects, signer, old, profile)
        before = session.get_one(CanonicalRow, old)
        image = redacted(session, objects, before.recipe_id)
        row, canonical = catalog.recorded(session, image), session.get_one(CanonicalRow, image)
        assert (row.derived_from, row.source_type) == (before.recipe_id, "trainedAlgorithmicMedia")
        assert row.prompt == catalog.recorded(session, old).prompt
        base = credentials.base(session, objects, signer, canonical, objects.get(canonical.key))
        assert base.claim.actions == ("opened", "edited")
        for file in derive(session, objects, signer, image, profile):
            said = read(objects, file)
            assert (said.trusted, said.problems, file.credentials) == (True, (), "full")
            assert said.manifests == (3 if signed else 2)


def test_of_a_photograph_that_was_covered_nothing_older_travels(
    session: Session, objects: MemoryObjects, tmp_path: Path
) -> None:
    """The camera's credentials may hold a thumbnail of what was covered; the file itself leaves its place."""
    register(session, images.family())
    body = outside.captured(1, outside.theirs(tmp_path), PNG)
    adopted = adopt(session, objects, outside.ours(), images.family(), Arrival("a.png", body, {}))
    (old,) = outside.approved(session, objects)
    profile = replace(images.FIXED, widths=(64,), credentials=Credentials("full"))
    derive(session, objects, outside.ours(), old, profile)
    before = session.get_one(PaintingRow, adopted.recipe_id)
    covered = redact(session, objects, before.recipe_id, before.sha256, [(10, 10, 20, 20)], "test", "face")
    painting = session.get_one(PaintingRow, covered)
    images.verdict(session, before.recipe_id, before.sha256, "reject")
    images.verdict(session, covered, painting.sha256, "approve")
    (judged,) = unadmitted(session, "boots")
    image = admit(session, objects, judged).id
    row = catalog.record(session, image, images.family())
    assert (row.source_type, row.derived_from) == ("humanEdits", before.recipe_id)
    assert catalog.claim(session, image).oversight == ""
    assert [entry.key for entry in objects.list("originals/")] == []
    for file in derive(session, objects, outside.ours(), image, profile):
        said = read(objects, file)
        assert (said.trusted, said.manifests) == (True, 2)


def test_a_heavy_chain_stands_beside_the_file() -> None:
    claim = CLAIM.opening()
    for weight, mode in ((0, "full"), (credentials.HEAVY + 1, "sidecar")):
        base = credentials.Base(claim, replace(NAMED, manifest=bytes(weight)))
        assert [base.of_file(asked)[0] for asked in ("full", "short", "sidecar")] == [mode, mode, "sidecar"]


def test_the_commitment_of_a_row_from_before_stays(session: Session, objects: MemoryObjects) -> None:
    """Golden: columns that came later and hold nothing are no part of what was committed to."""
    row = ProvenanceRow(
        canonical_id="c" * 64, public_id="a" * 32, salt="5a" * 32, model_id="families/boots/model",
        model_revision="sha256:" + "0" * 64, model_files={"unet": "ab" * 32}, prompt="boot",
        negative_prompt="",
        parameters={"steps": 1}, seed=7, runtime={"painter": "diffusers"}, run_id="run-1",
        painted_at=GOLDEN_AT, licence="Apache-2.0", restrictions=["no hats"], commercial_use="yes",
        source_type="trainedAlgorithmicMedia",
    )  # fmt: skip
    assert commitment(catalog.private(row), row.salt) == GOLDEN

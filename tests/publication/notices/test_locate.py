"""Which images a notice is about: whichever way it points, and what stands beside the one it names."""

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical import admission
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageError, NoticeError
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.imaging.encode import Encoding
from wetplate.imaging.encode import encode as encoded
from wetplate.moderation import catalog as moderation
from wetplate.provenance.tables import ProvenanceRow
from wetplate.publication.notices.locate import NAMED, NEAR, REDACTED, UPLOAD, located, pointed
from wetplate.redaction.redact import redact
from wetplate.storage.memory import MemoryObjects


def test_every_way_to_point_at_one_image(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    row = session.get_one(CanonicalRow, image)
    file = session.scalars(select(DerivativeRow)).first()
    record = session.get_one(ProvenanceRow, image)
    assert file is not None
    ways = [
        pointed([f"https://shop.example/images/{image}/v7/w640.avif?x=1"]),
        pointed([f"https://mirror.example/{file.name}"]),
        pointed([f"/provenance/{record.public_id}"]),
        *(pointed(hashes=[digest.upper()]) for digest in (image, file.sha256, row.object_sha256)),
        pointed(picture=objects.get(file.key)),
        pointed(picture=objects.get(row.key)),
    ]
    for where in ways:
        assert located(session, where)[image] == NAMED
    assert located(session, pointed(hashes=[row.pixel_sha256])) == {image: "same_pixels"}
    assert located(session, pointed(["/gallery/boots"], ["00" * 32])) == {}


def test_a_picture_that_was_saved_again_only_proposes(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    pixels = decode(objects.get(session.get_one(CanonicalRow, image).key))
    where = pointed(picture=encoded(pixels, Encoding("jpeg", quality=80)))
    assert located(session, where) == {image: NEAR}


def test_what_was_redacted_from_it_answers_for_it(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    row = session.get_one(CanonicalRow, image)
    made = redact(session, objects, row.recipe_id, row.object_sha256, [(0, 0, 90, 90)], "person:r", "privacy")
    images.verdict(session, made, session.get_one(PaintingRow, made).sha256, "approve")
    verdict = moderation.last_verdict(session, made)
    assert verdict is not None
    redacted = admission.admit(session, objects, moderation.as_judged(verdict, ()))
    assert located(session, pointed([image]))[redacted.id] == REDACTED
    assert located(session, pointed([redacted.id]))[image] == REDACTED


@pytest.mark.parametrize(
    "wrong",
    [{"hashes": ["zz" * 32]}, {"urls": [f"/{n}" for n in range(51)]}, {"urls": ["/" + "a" * 2_001]}],
)
def test_what_points_nowhere_at_all(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(NoticeError):
        pointed(**wrong)  # type: ignore[arg-type]


def test_an_upload_has_limits() -> None:
    wide = encode(np.zeros((8, UPLOAD.side + 1, 3), np.uint8), PNG)
    for body in (b"\x89PNG\r\n\x1a\nno", b"x" * (UPLOAD.size + 1), wide):
        with pytest.raises(ImageError):
            pointed(picture=body)

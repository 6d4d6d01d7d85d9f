"""Whose picture it is, with real rows, real files and real Content Credentials."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.catalog import standing
from wetplate.derivatives.tables import DerivativeRow
from wetplate.errors import ImageError, ImageUnsupported
from wetplate.imaging.codec import MEDIA_TYPES, decode
from wetplate.imaging.encode import Encoding, encode
from wetplate.imaging.pixels import Pixels
from wetplate.provenance import catalog as provenance
from wetplate.provenance.c2pa_signer import C2paSigner
from wetplate.provenance.certificates import made_chain
from wetplate.provenance.metadata import xmp_packet
from wetplate.publication import moves
from wetplate.publication.identification.answer import Answer, answer
from wetplate.publication.identification.inspection import Inspection, inspected
from wetplate.storage.memory import MemoryObjects

Ask = Callable[..., Answer]
JPEG = Encoding("jpeg", quality=80)


def signer_in(folder: Path) -> C2paSigner:
    return C2paSigner(made_chain(folder)[0])


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> C2paSigner:
    return signer_in(tmp_path_factory.mktemp("certs") / "ours")


@pytest.fixture
def ask(session: Session, signer: C2paSigner) -> Ask:
    def asked(body: bytes, *, stranger: bool = True) -> Answer:
        return answer(session, inspected(body, signer.read), stranger=stranger)

    return asked


@pytest.fixture
def image(session: Session, objects: MemoryObjects) -> str:
    return images.published(session, objects)


def written(pixels: Pixels, format: str = "PNG", **said: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **said)
    return file.getvalue()


def canonical(session: Session, objects: MemoryObjects, image: str) -> Pixels:
    return decode(objects.get(session.get_one(CanonicalRow, image).key))


def test_a_file_of_ours(session: Session, objects: MemoryObjects, image: str, ask: Ask) -> None:
    file = standing(session, image, "social-feed")[0]
    found = ask(objects.get(file.key))
    assert (found.answer, found.by, found.image, found.state) == ("ours", "file", image, "published")
    assert found.public_id == provenance.recorded(session, image).public_id


def test_signed_by_us(session: Session, image: str, signer: C2paSigner, ask: Ask) -> None:
    claim = provenance.claim(session, image)
    body = encode(np.full((64, 64, 3), 200, np.uint8), JPEG)
    found = ask(signer.sign(body, "image/jpeg", claim).body)
    assert (found.answer, found.by, found.image) == ("ours", "manifest", image)


def test_one_changed_byte_or_another_signer_proves_nothing(
    session: Session, image: str, signer: C2paSigner, tmp_path: Path, ask: Ask
) -> None:
    claim = provenance.claim(session, image)
    body = encode(np.random.default_rng(5).integers(0, 255, (64, 64, 3), np.uint8), JPEG)
    signed = bytearray(signer.sign(body, "image/jpeg", claim).body)
    signed[-1500] ^= 1  # among the samples
    forged = signer_in(tmp_path / "theirs").sign(body, "image/jpeg", claim).body
    for lie in (bytes(signed), forged):
        found = ask(lie)
        assert (found.answer, found.by, found.image) == ("ai_generated", "manifest", None)
    assert ask(bytes(signed)).signed_by is None
    assert ask(forged).signed_by


def test_stripped_of_everything(session: Session, objects: MemoryObjects, image: str, ask: Ask) -> None:
    found = ask(written(canonical(session, objects, image), compress_level=1))
    assert (found.answer, found.by, found.image) == ("ours", "pixels", image)


@pytest.mark.parametrize(("format", "width"), [("JPEG", 128), ("WEBP", 96), ("AVIF", 112)])
def test_made_smaller_and_encoded_again(
    session: Session, objects: MemoryObjects, image: str, ask: Ask, format: str, width: int
) -> None:
    small = Image.fromarray(canonical(session, objects, image)).resize((width, width))
    found = ask(written(np.asarray(small), format, quality=60))
    assert (found.answer, found.by, found.image, found.alike) == ("ours", "look", image, 0)


def test_siblings_are_told_apart(session: Session, objects: MemoryObjects, ask: Ask) -> None:
    family = [images.published(session, objects, number) for number in range(3)]
    for image in family:
        assert ask(written(canonical(session, objects, image), "JPEG", quality=70)).image == image


def test_after_the_takedown_it_is_still_known(
    session: Session, objects: MemoryObjects, image: str, ask: Ask
) -> None:
    body = objects.get(standing(session, image, "social-feed")[0].key)
    moves.take_down(session, image, "test", "privacy")
    assert session.query(DerivativeRow).filter(DerivativeRow.withdrawn_at.is_(None)).count() == 0
    assert (ask(body).answer, ask(body).state) == ("ours", "withdrawn")


def test_a_stranger_does_not_hear_of_what_was_never_public(
    session: Session, objects: MemoryObjects, ask: Ask
) -> None:
    draft = images.derived(session, objects)
    bare = written(canonical(session, objects, draft), "JPEG", quality=80)
    assert ask(bare).answer == "unknown"
    assert (ask(bare, stranger=False).image, ask(bare, stranger=False).state) == (draft, "draft")


def test_made_by_a_machine_of_somebody_else(ask: Ask) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (64, 64, 3), np.uint8)
    marked = ask(encode(noise, JPEG, xmp_packet("trainedAlgorithmicMedia")))
    assert (marked.answer, marked.by, marked.source_type) == (
        "ai_generated", "mark", "trainedAlgorithmicMedia",
    )  # fmt: skip
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a boot\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64")
    assert ask(written(noise, pnginfo=text)).by == "generator"
    assert ask(encode(noise, JPEG, xmp_packet("digitalCapture"))).answer == "unknown"
    assert ask(written(noise)) == Answer("unknown", "", ask(written(noise)).says)


def test_a_digest_alone_is_enough(session: Session, image: str) -> None:
    assert answer(session, Inspection(image), stranger=True).by == "file"
    assert answer(session, Inspection("0" * 64), stranger=True).answer == "unknown"


@pytest.mark.parametrize(
    ("body", "refusal"), [(b"<svg/>", ImageUnsupported), (b"\xff\xd8\xff cut short", ImageError)]
)
def test_what_is_no_picture_is_refused(body: bytes, refusal: type[Exception], signer: C2paSigner) -> None:
    with pytest.raises(refusal):
        inspected(body, signer.read)


def test_every_format_is_inspected(signer: C2paSigner) -> None:
    flat = np.zeros((32, 32, 3), np.uint8)
    for format in MEDIA_TYPES:
        assert inspected(written(flat, format), signer.read).width == 32

"""What may leave: right pixels, the mark, credentials, nothing else; once; only if approved."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.canonical.paintings import PROMPT, judged, painted
from tests.derivatives.images import clear_picture, flat_picture, image
from wetplate.canonical.admission import admit
from wetplate.derivatives import catalog
from wetplate.derivatives.derive import derive, files, underived
from wetplate.derivatives.plan import plan
from wetplate.derivatives.profiles import Credentials, Profile, load
from wetplate.derivatives.tables import PlaceholderRow
from wetplate.errors import DerivativeError, ImageUnknown, NotApproved, ObjectMissing, ProvenanceError
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.chunks import foreign, names
from wetplate.imaging.codec import MEDIA_TYPES, decode, sniff
from wetplate.imaging.compare import psnr
from wetplate.imaging.pixels import opaque
from wetplate.imaging.resize import downscale
from wetplate.provenance.claim import Claim, Parent
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.provenance.metadata import carries, mark, xmp_packet
from wetplate.provenance.signing import Signed, Signer, open_signer
from wetplate.settings import settings
from wetplate.storage import outbox
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256

SOCIAL = replace(load("social-feed"), targets={})  # fixed qualities: searching takes three times as long
EMBED = replace(SOCIAL, credentials=Credentials("embed"))
SIDECAR = replace(SOCIAL, credentials=Credentials("sidecar"))


class Counting(FakeSigner):
    """Counts what it signs; each signature is another one, as with the real signer."""

    def __init__(self) -> None:
        self.signed: list[tuple[str, Claim]] = []

    def sign(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        done = super().sign(body, media_type, claim, parent)
        return Signed(done.body + bytes(len(self.signed) % 250), done.manifest)

    def sidecar(self, body: bytes, media_type: str, claim: Claim, parent: Parent | None = None) -> Signed:
        self.signed.append((media_type, claim))
        done = super().sidecar(body, media_type, claim, parent)
        return Signed(body, done.manifest + str(len(self.signed)).encode())


@pytest.fixture
def signer() -> Counting:
    return Counting()


@pytest.fixture
def real() -> Signer:
    return open_signer(settings())


LOOKS = {"shaded": None, "flat": flat_picture(), "clear": clear_picture()}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("profile", [EMBED, SIDECAR], ids=lambda profile: profile.credentials.mode)
def test_public_files_hold_pixels_the_mark_and_credentials_only(
    session: Session, objects: MemoryObjects, real: Signer, look: str, profile: Profile
) -> None:
    row = image(session, objects, pixels=LOOKS[look])
    original = decode(objects.get(row.key))
    made = derive(session, objects, real, row.id, profile)
    assert {(each.width, each.height) for each in made} == {(128, 128), (192, 192), (200, 200)}
    for each in made:
        body = objects.get(each.key)
        assert sha256(body) == each.sha256
        assert len(body) == each.bytes
        assert each.name == f"{each.sha256[:16]}-{each.width}.{each.name.rpartition('.')[2]}"
        assert each.key == f"derivatives/{row.id[:2]}/{row.id}/{each.name}"
        assert sniff(body) == each.format
        assert objects.head(each.key).content_type == MEDIA_TYPES[each.format]
        assert foreign(body) == []
        assert names(body).count("xmp") == 1
        assert names(body).count("c2pa") == (profile is EMBED) * max(1, names(body).count("c2pa"))
        assert mark(body) == "trainedAlgorithmicMedia"
        assert not carries(body, PROMPT)
        assert b"pumpkin" not in body
        assert "pumpkin".encode("utf-16-le") not in body
        manifest = objects.get(each.manifest_key) if each.manifest_key else None
        assert (manifest is None) == (each.credentials == "short") == (profile is EMBED)
        said = real.read(body, MEDIA_TYPES[each.format], manifest)
        assert said
        assert said.valid
        assert said.claim
        assert said.manifests == (1 if profile is EMBED else 2)
        assert said.claim.actions[0] == ("created" if profile is EMBED else "opened")
        assert ("resized" in said.claim.actions) == (each.width < 200)
        shown, expected = opaque(decode(body)), opaque(downscale(original, each.width))
        assert psnr(shown, expected) > (60 if each.lossless else 28), (each.format, each.width)


def test_one_file_per_width_and_format(session: Session, objects: MemoryObjects, signer: Counting) -> None:
    row = image(session, objects)
    made = derive(session, objects, signer, row.id, SOCIAL)
    assert len(made) == 9
    assert len(signer.signed) == 1 + len(made)  # the canonical too
    assert {each.format for each in made} == {"avif", "webp", "jpeg"}
    assert all(each.width <= row.width for each in made)
    placeholder = session.get_one(PlaceholderRow, row.id)
    assert placeholder.dominant.startswith("#")
    assert len(placeholder.thumbhash) <= 36


def test_a_retry_neither_encodes_nor_signs(
    session: Session, objects: MemoryObjects, signer: Counting
) -> None:
    row = image(session, objects)
    made = derive(session, objects, signer, row.id, SOCIAL)
    objects.delete(row.key)  # not even the canonical is read
    again = derive(session, objects, signer, row.id, SOCIAL)
    assert [each.id for each in again] == [each.id for each in made]
    assert len(signer.signed) == 1 + len(made)


def test_only_what_lacks_is_made(session: Session, objects: MemoryObjects, signer: Counting) -> None:
    row = image(session, objects)
    narrow = replace(SOCIAL, widths=(128,))
    first = {each.sha256 for each in derive(session, objects, signer, row.id, narrow)}
    made = derive(session, objects, signer, row.id, SOCIAL)
    assert first < {each.sha256 for each in made}
    assert len(signer.signed) == 1 + len(made) == 10


def test_two_profiles_may_want_the_same_bytes(
    session: Session, objects: MemoryObjects, signer: Counting
) -> None:
    row = image(session, objects)
    one = derive(session, objects, signer, row.id, SIDECAR)
    other = derive(session, objects, signer, row.id, replace(SIDECAR, name="other"))
    assert [each.name for each in one] == [each.name for each in other]
    assert len(catalog.standing(session, row.id)) == 18


class DiesAt(MemoryObjects):
    """The process is gone right after the n-th put."""

    def __init__(self, alive: MemoryObjects, puts: int) -> None:
        super().__init__()
        self._kept, self.left = alive._kept, puts

    def put(self, key: str, body: bytes, *, content_type: str) -> object:
        head = super().put(key, body, content_type=content_type)
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return head


@pytest.mark.parametrize("profile", [EMBED, SIDECAR], ids=lambda profile: profile.credentials.mode)
@pytest.mark.parametrize("puts", [1, 2, 9])
def test_killed_at_any_put_then_run_again(
    database: Engine, objects: MemoryObjects, signer: Counting, profile: Profile, puts: int
) -> None:
    with transaction(database) as session:
        row = image(session, objects)
    with pytest.raises(KeyboardInterrupt), transaction(database) as session:
        derive(session, DiesAt(objects, puts), signer, row.id, profile)
    with transaction(database) as session:
        assert catalog.standing(session, row.id) == []
        assert underived(session, "boots", profile) == [row.id]
        made = derive(session, objects, signer, row.id, profile)
    with transaction(database) as session:
        assert len(made) == 9
        assert underived(session, "boots", profile) == []
        for each in made:
            assert sha256(objects.get(each.key)) == each.sha256
            assert each.manifest_key is None or objects.get(each.manifest_key)


def test_eight_threads_derive_once(database: Engine, objects: MemoryObjects, signer: Counting) -> None:
    with transaction(database) as session:
        row = image(session, objects)

    def race(_: int) -> list[str]:
        with transaction(database) as session:
            return [each.sha256 for each in derive(session, objects, signer, row.id, SOCIAL)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(race, range(8)))
    assert all(result == results[0] for result in results)
    assert len(signer.signed) == 10  # nine files and the canonical


@pytest.mark.parametrize("verdict", ["review", "reject"])
def test_no_file_without_an_approving_verdict(
    session: Session, objects: MemoryObjects, signer: Counting, verdict: str
) -> None:
    row = image(session, objects)
    judged(session, session.get_one(PaintingRow, row.recipe_id), verdict)
    with pytest.raises(NotApproved):
        derive(session, objects, signer, row.id, SOCIAL)
    assert underived(session, "boots", SOCIAL) == []
    assert list(objects.list("derivatives/")) == signer.signed == []


def test_no_file_while_taken_down(session: Session, objects: MemoryObjects, signer: Counting) -> None:
    row = image(session, objects)
    made = derive(session, objects, signer, row.id, SOCIAL)
    outbox.append(session, "image.withdrawn", key=row.id, family="boots")
    keys = catalog.withdraw(session, row.id)
    assert keys == catalog.withdraw(session, row.id) == catalog.keys(made)
    assert catalog.standing(session, row.id) == underived(session, "boots", SOCIAL) == []
    with pytest.raises(NotApproved, match="taken down"):
        derive(session, objects, signer, row.id, SOCIAL)
    for key in keys:
        objects.delete(key)
    outbox.append(session, "image.reinstated", key=row.id, family="boots")
    assert underived(session, "boots", SOCIAL) == [row.id]
    assert len(derive(session, objects, signer, row.id, SOCIAL)) == 9
    outbox.append(session, "image.withdrawn", key=row.id, family="boots")
    assert catalog.withdrawn(session, row.id)


def test_wrong_bytes_in_the_canonical_object(
    session: Session, objects: MemoryObjects, signer: Counting
) -> None:
    row, other = image(session, objects, 1), image(session, objects, 2)
    objects.delete(row.key)
    with pytest.raises(ObjectMissing):
        derive(session, objects, signer, row.id, SOCIAL)
    objects.put(row.key, objects.get(other.key), content_type="image/png")
    with pytest.raises(DerivativeError, match="restore"):
        derive(session, objects, signer, row.id, SOCIAL)
    assert signer.signed == []


def test_without_provenance_there_is_no_claim(
    session: Session, objects: MemoryObjects, signer: Counting
) -> None:
    row = admit(session, objects, judged(session, painted(session, objects, 1)))
    with pytest.raises(ProvenanceError):
        derive(session, objects, signer, row.id, SOCIAL)
    with pytest.raises(ImageUnknown):
        derive(session, objects, signer, "f" * 64, SOCIAL)
    assert list(objects.list("derivatives/")) == []


def test_underived_names_current_images_in_order(
    session: Session, objects: MemoryObjects, signer: Counting
) -> None:
    rows = [image(session, objects, number) for number in (2, 1, 3)]
    assert underived(session, "boots", SOCIAL) == [rows[1].id, rows[0].id, rows[2].id]
    derive(session, objects, signer, rows[0].id, SOCIAL)
    assert underived(session, "boots", SOCIAL) == [rows[1].id, rows[2].id]
    assert underived(session, "boots", replace(SOCIAL, name="other")) == [rows[1].id, rows[0].id, rows[2].id]
    assert underived(session, "hats", SOCIAL) == []


def test_missing_is_told_by_name(session: Session, objects: MemoryObjects, signer: Counting) -> None:
    row = image(session, objects)
    assert catalog.missing(session, row.id, replace(SOCIAL, widths=(128,))) == ["128.webp", "128.png"]
    derive(session, objects, signer, row.id, replace(SOCIAL, widths=(128, 192)))
    assert catalog.missing(session, row.id, SOCIAL) == ["200.avif", "200.webp", "200.jpeg"]


def test_encoding_is_deterministic_and_never_upscales() -> None:
    pixels = np.kron(np.arange(40 * 30 * 3, dtype=np.uint8).reshape(30, 40, 3), np.ones((4, 4, 1), np.uint8))
    wanted = plan(SOCIAL, 160, 120, False, False)
    one, two = (list(files(pixels, wanted, xmp_packet())) for _ in range(2))
    assert one == two
    assert {decode(found.body).shape[:2] for _, found in one} == {(96, 128), (120, 160)}


def test_the_claim_says_no_more_than_ids(session: Session, objects: MemoryObjects, signer: Counting) -> None:
    row = image(session, objects)
    derive(session, objects, signer, row.id, SOCIAL)
    claims = {json.dumps(claim.__dict__, default=list) for _, claim in signer.signed}
    assert len(claims) == 3  # the canonical, resized, in its full width
    assert not any("pumpkin" in claim for claim in claims)

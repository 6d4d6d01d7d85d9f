"""What was taken down is not painted, approved, admitted or published again; what looks alike is shown."""

import numpy as np
import pytest
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical import admission
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import Blocked
from wetplate.generation import catalog as generation
from wetplate.generation.fake import RUNTIME, waves
from wetplate.generation.painter import Painting, Pixels
from wetplate.imaging.fingerprint import pixel_sha256
from wetplate.moderation import catalog as moderation
from wetplate.moderation.bands import ALIKE, BLOCKLIST, EXACT
from wetplate.moderation.judge import Judged
from wetplate.moderation.policy import load
from wetplate.publication import moves
from wetplate.recipes.catalog import register
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.similarity.look import Look, bits, delta, look
from wetplate.storage.memory import MemoryObjects

WHY = ("notice:1", "copyright", "person:test")


@pytest.fixture
def family(session: Session) -> Session:
    register(session, images.family())
    return session


def painted(session: Session, objects: MemoryObjects, number: int, pixels: Pixels | None = None) -> str:
    """A painting of this recipe; gives the SHA-256 of its bytes."""
    made = images.recipe(number)
    picture = waves(made.id, made.width, made.height) if pixels is None else pixels
    painting = Painting(made, picture, RUNTIME, {}, 0.5)
    return generation.keep(session, objects, painting, run_id="run-1").sha256


def judged(session: Session, number: int) -> Judged:
    recipe_id = images.recipe(number).id
    row = moderation.last_verdict(session, recipe_id)
    assert row is not None
    return moderation.as_judged(row, ())


def test_a_blocked_recipe_is_not_painted_until_the_block_is_lifted(
    family: Session, objects: MemoryObjects
) -> None:
    recipe = images.recipe()
    blocklist.block(family, Kind.RECIPE, recipe.id, *WHY)
    assert recipe not in generation.unpainted(family, "boots")
    with pytest.raises(Blocked, match="under notice:1"):
        painted(family, objects, 0)
    assert list(objects.list()) == []
    assert blocklist.lift(family, "notice:1", "person:test") == 1
    assert recipe in generation.unpainted(family, "boots")
    painted(family, objects, 0)


def test_blocked_pixels_are_rejected_approved_by_nobody_and_not_admitted(
    family: Session, objects: MemoryObjects
) -> None:
    picture = waves("ab" * 32, 128, 128)
    blocklist.block(family, Kind.PIXELS, pixel_sha256(picture), *WHY)
    digest = painted(family, objects, 0, picture)
    row = next(row for row in moderation.unjudged(family, "boots", load("product")) if row.sha256 == digest)
    told = moderation.opened(objects, row).told
    assert [(signal.detector, signal.label) for signal in told] == [(BLOCKLIST, EXACT)]
    images.verdict(family, images.recipe().id, digest, "approve")
    assert admission.unadmitted(family, "boots") == []
    with pytest.raises(Blocked):
        admission.admit(family, objects, judged(family, 0))
    with pytest.raises(Blocked):
        moderation.append(family, judged(family, 0), "boots")


def test_what_looks_alike_is_shown_to_a_person(family: Session, objects: MemoryObjects) -> None:
    picture = waves("ab" * 32, 128, 128)
    blocklist.block_look(family, look(picture), *WHY)
    nearly = picture.copy()
    nearly[:8, :8] ^= np.uint8(8)
    digest = painted(family, objects, 0, nearly)
    other = painted(family, objects, 1, waves("17" * 32, 128, 128))
    rows = {row.sha256: row for row in moderation.unjudged(family, "boots", load("product"))}
    assert (rows[digest].alike, rows[other].alike) == (True, False)
    assert [signal.label for signal in moderation.opened(objects, rows[digest]).told] == [ALIKE]


def test_what_is_blocked_is_not_published(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    blocklist.block(session, Kind.OBJECT, session.get_one(CanonicalRow, image).object_sha256, *WHY)
    with pytest.raises(Blocked):
        moves.publish(session, image, "test")
    blocklist.lift(session, "notice:1", "person:test")
    assert moves.publish(session, image, "test").state == "published"


def test_two_notices_block_apart(session: Session) -> None:
    for subject in ("notice:1", "notice:2", "notice:2"):
        blocklist.block(session, Kind.RECIPE, "ab", subject, "copyright", "person:test")
    assert blocklist.lift(session, "notice:1", "person:test") == 1
    with pytest.raises(Blocked, match="notice:2"):
        blocklist.require_unblocked(session, recipe_id="ab")
    assert blocklist.lift(session, "notice:2", "person:test") == 1
    blocklist.require_unblocked(session, recipe_id="ab")
    blocklist.require_unblocked(session)
    blocklist.block(session, Kind.RECIPE, "ab", "notice:1", "copyright", "person:test")
    assert blocklist.exact(session, recipe_id="ab") is not None


@pytest.mark.parametrize("phash", [0, 1, -1, -(1 << 63), (1 << 63) - 1])
def test_a_look_is_kept_as_it_was(session: Session, phash: int) -> None:
    seen = Look(phash, bytes(192))
    blocklist.block_look(session, seen, *WHY)
    assert [(near.bits, near.delta) for near in blocklist.resembling(session, [seen])[0]] == [(0, 0.0)]


def test_what_resembles_is_measured_as_looks_are_and_read_once(session: Session) -> None:
    random = np.random.default_rng(4)
    kept = [Look(int(each), random.bytes(192)) for each in random.integers(-(1 << 63), (1 << 63) - 1, 40)]
    for number, each in enumerate(kept):
        blocklist.block_look(session, each, f"notice:{number}", "copyright", "person:test")
    blocklist.block(session, Kind.PHASH, f"{kept[0].phash % (1 << 64):016x}", "notice:x", *WHY[1:])
    altered = [Look(each.phash ^ 0b1011, bytes(min(byte + 5, 255) for byte in each.colours)) for each in kept]
    strange = Look(kept[0].phash, bytes(192))
    asked = list[str]()
    listen(session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    found = blocklist.resembling(session, [*altered, strange])
    assert len(asked) == 1
    for number, (each, near) in enumerate(zip(altered, found, strict=False)):
        [one] = [one for one in near if one.subject == f"notice:{number}"]
        assert (one.bits, one.delta) == (bits(kept[number], each), delta(kept[number], each))
    assert [(one.subject, one.bits, one.delta) for one in found[-1]] == [("notice:x", 0, 0.0)]
    assert blocklist.resembling(session, []) == []

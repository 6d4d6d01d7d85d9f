"""What of an image may be handed out: each state, each kind of address, and what the catalog says."""

import pytest
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.delivery.standing import File, Standing, read
from wetplate.derivatives import catalog as files
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.errors import ImageGone, NotServed
from wetplate.publication import moves, takedown
from wetplate.publication.states import State
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.storage.memory import MemoryObjects

FILE = File("0123456789abcdef-128.avif", "derivatives/a", None, "0" * 64, 9, "avif", 128, 128)
PUBLIC = (State.PUBLISHED, State.SUPERSEDED)


def standing(state: State, version: int = 1, **said: object) -> Standing:
    return Standing("a" * 64, "boots", state, version, files={FILE.name: FILE}, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", State)
def test_a_published_name(state: State) -> None:
    stands = standing(state)
    if state in PUBLIC:
        assert stands.published(FILE.name) is FILE
        with pytest.raises(NotServed):
            stands.published("fedcba9876543210-128.avif")
        return
    with pytest.raises(ImageGone if state == State.WITHDRAWN else NotServed):
        stands.published(FILE.name)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("state", State)
def test_an_address_with_a_version(state: State, version: int, signed: bool) -> None:
    stands = standing(state, version=2)
    if state == State.WITHDRAWN or version < 2:
        with pytest.raises(ImageGone):
            stands.admit(version, signed=signed)
    elif version > 2 or (state not in PUBLIC and not signed):
        with pytest.raises(NotServed):
            stands.admit(version, signed=signed)
    else:
        stands.admit(version, signed=signed)


@pytest.mark.parametrize("state", [*PUBLIC, State.DRAFT, State.HIDDEN])
def test_a_name_that_was_withdrawn_stays_gone(state: State) -> None:
    with pytest.raises(ImageGone):
        standing(state, gone=frozenset({"old-1.avif"})).published("old-1.avif")


@pytest.mark.parametrize("state", [*PUBLIC, State.DRAFT, State.HIDDEN])
def test_what_a_notice_bars_is_there_for_nobody(state: State) -> None:
    stands = standing(state, barred=True)
    with pytest.raises(NotServed):
        stands.published(FILE.name)
    for signed in (False, True):
        with pytest.raises(NotServed):
            stands.admit(1, signed=signed)


def test_the_very_same_bytes_may_come_back() -> None:
    assert standing(State.PUBLISHED, gone=frozenset({FILE.name})).published(FILE.name) is FILE


def test_a_court_order_is_said() -> None:
    with pytest.raises(ImageGone) as refusal:
        standing(State.WITHDRAWN, legal=True).published(FILE.name)
    assert refusal.value.legal


def test_what_the_catalog_says(session: Session, objects: MemoryObjects) -> None:
    image, draft = images.published(session, objects), images.derived(session, objects, 1)
    names = {row.name for row in files.standing(session, image)}
    found = read(session, [image, draft, "f" * 64])
    assert {one: each.state for one, each in found.items()} == {image: "published", draft: "draft"}
    stands = found[image]
    assert (stands.family, stands.version, stands.legal) == ("boots", 1, False)
    assert (set(stands.files), stands.gone) == (names, frozenset())
    told = next(iter(stands.files.values()))
    assert objects.head(told.key).sha256 == told.sha256
    assert stands.weight == 1 + len(names)


def test_what_it_says_after_a_takedown_and_after_the_image_came_back(
    session: Session, objects: MemoryObjects
) -> None:
    image = images.published(session, objects)
    names = {row.name for row in files.standing(session, image)}
    moves.take_down(session, image, "test", "court-order", "file 7/26")
    stands = read(session, [image])[image]
    assert (stands.state, stands.version, stands.legal) == (State.WITHDRAWN, 2, True)
    assert (stands.files, stands.gone) == ({}, names)
    takedown.execute(session, objects, image)
    moves.reinstate(session, image, "test", "appeal")
    takedown.acknowledge(session, image)
    derive(session, objects, images.SIGNER, image, load("social-feed"))
    moves.publish(session, image, "test")
    stands = read(session, [image])[image]
    assert (stands.state, stands.version) == (State.PUBLISHED, 2)
    assert stands.gone == names
    moves.take_down(session, image, "test", "quality")
    assert not read(session, [image])[image].legal


def test_what_a_notice_bars_is_read_from_the_blocklist(session: Session, objects: MemoryObjects) -> None:
    image = images.admitted(session, objects)
    blocklist.block(session, Kind.OBJECT, image, "notice:1", "copyright", "test")
    assert read(session, [image])[image].barred
    blocklist.lift(session, "notice:1", "test")
    assert not read(session, [image])[image].barred

"""Moves on a real database: gates, chain, events, races."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import load
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.errors import (
    DryRunImage,
    ImageUnknown,
    LicenceRefused,
    NeverPublished,
    NotApproved,
    NotWithdrawn,
    TakedownPending,
    UnknownReason,
    Unready,
    WithdrawnImage,
)
from wetplate.publication import moves, takedown
from wetplate.publication.tables import MoveRow, PublicationRow
from wetplate.recipes.catalog import register
from wetplate.storage.chain import broken
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.outbox import Event

MOVES = ["image.published", "image.unpublished", "image.superseded", "image.withdrawn", "image.reinstated"]


def events(session: Session) -> list[str]:
    return list(session.scalars(select(Event.topic).where(Event.topic.in_(MOVES)).order_by(Event.id)))


def history(session: Session, canonical_id: str) -> list[str]:
    rows = session.scalars(
        select(MoveRow).where(MoveRow.stream == canonical_id).order_by(MoveRow.position)
    ).all()
    assert list(broken(rows)) == []
    return [f"{row.from_state}>{row.to_state}" for row in rows]


def reviewed(session: Session, canonical_id: str, verdict: str) -> None:
    image = session.get_one(CanonicalRow, canonical_id)
    images.verdict(session, image.recipe_id, image.object_sha256, verdict)


def test_publishing_moves_once_and_tells_once(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    assert moves.unpublished(session, "boots") == [image]
    first = moves.publish(session, image, "test")
    assert (first.state, first.version, first.profile, first.family) == (
        "published",
        1,
        "social-feed",
        "boots",
    )
    moves.publish(session, image, "test")
    assert history(session, image) == ["draft>published"]
    assert events(session) == ["image.published"]
    assert moves.unpublished(session, "boots") == []


def test_sixteen_racers_make_one_move(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        image = images.derived(session, objects)

    def publish(_: int) -> str:
        with transaction(database) as session:
            return moves.publish(session, image, "racer").state

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(publish, range(16))) == ["published"] * 16
    with transaction(database) as session:
        assert history(session, image) == ["draft>published"]
        assert events(session) == ["image.published"]


def test_a_race_of_takedown_and_publish_ends_withdrawn_or_waits_its_turn(
    database: Engine, objects: MemoryObjects
) -> None:
    with transaction(database) as session:
        image = images.derived(session, objects)

    def act(number: int) -> str:
        try:
            with transaction(database) as session:
                if number % 2:
                    return moves.publish(session, image, "racer").state
                return moves.take_down(session, image, "racer", "safety").state
        except WithdrawnImage:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        done = Counter(pool.map(act, range(16)))
    with transaction(database) as session:
        assert session.get_one(PublicationRow, image).state == "withdrawn"
        assert events(session).count("image.withdrawn") == 1
    assert done["withdrawn"] == 8


def test_what_no_longer_is_approved_is_not_published(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    reviewed(session, image, "review")
    with pytest.raises(NotApproved):
        moves.publish(session, image, "test")
    assert moves.unpublished(session, "boots") == []
    assert events(session) == []


def test_a_verdict_on_other_bytes_lets_nothing_out(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    images.verdict(session, session.get_one(CanonicalRow, image).recipe_id, "f" * 64, "approve")
    with pytest.raises(NotApproved):
        moves.publish(session, image, "test")


def test_a_dry_run_never_leaves(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects, painter="fake")
    with pytest.raises(DryRunImage, match="fake painter"):
        moves.publish(session, image, "test")


def test_without_provenance_nothing_leaves(session: Session, objects: MemoryObjects) -> None:
    with pytest.raises(Unready, match="provenance"):
        moves.publish(session, images.admitted(session, objects), "test")


def test_every_planned_file_must_stand(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    row = session.scalars(select(DerivativeRow)).first()
    assert row is not None
    name = f"{row.width}.{row.format}"
    session.delete(row)
    session.delete(session.get_one(PlaceholderRow, image))
    session.flush()
    with pytest.raises(Unready, match=rf"{name}, placeholder"):
        moves.publish(session, image, "test")


@pytest.mark.parametrize("use", ["no", "unknown"])
def test_the_licence_in_force_decides(session: Session, objects: MemoryObjects, use: str) -> None:
    image = images.derived(session, objects)
    blocked = {"expression": "LicenseRef-Own", "commercial_use": use, "restrictions": []}
    register(session, images.family(licence=blocked))
    with pytest.raises(LicenceRefused, match="commercial"):
        moves.publish(session, image, "test")
    assert session.scalars(select(MoveRow)).all() == []
    register(
        session,
        images.family(licence=blocked, publication={"profile": "social-feed", "channel": "non-commercial"}),
    )
    assert moves.publish(session, image, "test").state == "published"


def test_taking_down_raises_the_version_and_puts_the_files_out_of_force(
    session: Session, objects: MemoryObjects
) -> None:
    image = images.published(session, objects)
    row = moves.take_down(session, image, "person:test", "privacy", "a face in the mirror")
    assert (row.state, row.version) == ("withdrawn", 2)
    assert set(session.scalars(select(DerivativeRow.withdrawn_at.is_(None)))) == {False}
    assert moves.take_down(session, image, "person:test", "safety").version == 2
    last = session.scalars(select(MoveRow).order_by(MoveRow.position.desc())).first()
    assert last is not None
    assert last.reason == "privacy: a face in the mirror"
    assert events(session) == ["image.published", "image.withdrawn"]
    with pytest.raises(WithdrawnImage, match="reinstate"):
        moves.publish(session, image, "test")
    assert moves.unpublished(session, "boots") == []


def test_a_reinstated_image_is_made_anew_and_passes_every_gate_again(
    session: Session, objects: MemoryObjects
) -> None:
    image = images.published(session, objects)
    moves.take_down(session, image, "test", "copyright")
    with pytest.raises(TakedownPending):
        moves.reinstate(session, image, "test", "appeal")
    takedown.execute(session, objects, image)
    assert moves.reinstate(session, image, "test", "appeal").state == "draft"
    with pytest.raises(Unready):
        moves.publish(session, image, "test")
    derive(session, objects, images.SIGNER, image, load("social-feed"))
    row = moves.publish(session, image, "test")
    assert (row.state, row.version) == ("published", 2)
    assert history(session, image) == [
        "draft>published",
        "published>withdrawn",
        "withdrawn>draft",
        "draft>published",
    ]
    assert events(session) == ["image.published", "image.withdrawn", "image.reinstated", "image.published"]


def test_a_later_reject_takes_the_image_back(session: Session, objects: MemoryObjects) -> None:
    kept, gone = images.published(session, objects, 0), images.published(session, objects, 1)
    assert moves.withdraw_rejected(session, "boots") == []
    reviewed(session, gone, "reject")
    assert moves.withdraw_rejected(session, "boots") == [gone]
    assert moves.withdraw_rejected(session, "boots") == []
    assert session.get_one(PublicationRow, kept).state == "published"
    assert session.get_one(PublicationRow, gone).state == "withdrawn"


def test_all_images_are_locked_before_any_news_is_told(session: Session, objects: MemoryObjects) -> None:
    """In order of their ids: whoever holds the outbox waits for no image."""
    back = sorted(images.published(session, objects, number) for number in range(3))
    for image in back:
        reviewed(session, image, "reject")
    asked = list[str]()

    def note(*said: Any) -> None:
        if "pg_advisory_xact_lock" in said[2]:
            asked.append(str(said[3].get("what", "the outbox")))

    listen(session.connection(), "before_cursor_execute", note)
    assert sorted(moves.withdraw_rejected(session, "boots")) == back
    assert asked[: asked.index("the outbox")][:3] == [f"derive {image}" for image in back]


def test_a_doubt_hides_the_image_until_a_person_approves(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    files = [entry.key for entry in objects.list("derivatives/")]
    reviewed(session, image, "review")
    assert moves.withdraw_rejected(session, "boots") == [image]
    assert moves.withdraw_rejected(session, "boots") == []
    assert session.get_one(PublicationRow, image).state == "hidden"
    assert moves.unpublished(session, "boots") == []
    reviewed(session, image, "approve")
    assert moves.unpublished(session, "boots") == [image]
    assert moves.publish(session, image, "test").state == "published"
    assert [entry.key for entry in objects.list("derivatives/")] == files


def test_a_licence_that_changes_hides_what_is_out(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    assert moves.hide_unlicensed(session, "boots") == []
    forbidden = {"expression": "Apache-2.0", "commercial_use": "no", "restrictions": []}
    register(session, images.family(licence=forbidden))
    assert moves.hide_unlicensed(session, "boots") == [image]
    assert session.get_one(PublicationRow, image).state == "hidden"
    with pytest.raises(LicenceRefused):
        moves.publish(session, image, "test")
    register(session, images.family())
    assert moves.unpublished(session, "boots") == [image]
    assert moves.publish(session, image, "test").state == "published"


def test_what_was_hidden_by_choice_is_not_offered_again(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    moves.unpublish(session, image, "test", "out of season")
    assert moves.unpublished(session, "boots") == []


def test_another_familys_reject_touches_nothing_here(session: Session, objects: MemoryObjects) -> None:
    here, there = images.published(session, objects), images.published(session, objects, slug="clogs")
    reviewed(session, there, "reject")
    assert moves.withdraw_rejected(session, "boots") == []
    assert moves.withdraw_rejected(session, "clogs") == [there]
    assert session.get_one(PublicationRow, here).state == "published"


def test_hidden_comes_back_as_it_was(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    assert moves.unpublish(session, image, "test").state == "hidden"
    assert moves.unpublished(session, "boots") == []
    assert moves.publish(session, image, "test").version == 1


def test_superseding_names_the_successor(session: Session, objects: MemoryObjects) -> None:
    old, new = images.published(session, objects, 0), images.published(session, objects, 1)
    assert moves.supersede(session, old, "test", by=new).state == "superseded"
    with pytest.raises(ImageUnknown):
        moves.supersede(session, new, "test", by="0" * 64)


def test_refusals_write_nothing(session: Session, objects: MemoryObjects) -> None:
    image = images.derived(session, objects)
    with pytest.raises(UnknownReason, match="copyright"):
        moves.take_down(session, image, "test", "because")
    with pytest.raises(NeverPublished):
        moves.unpublish(session, image, "test")
    moves.publish(session, image, "test")
    with pytest.raises(NotWithdrawn):
        moves.reinstate(session, image, "test", "mistake")
    with pytest.raises(ImageUnknown, match="wetplate image"):
        moves.publish(session, "0" * 64, "test")
    assert history(session, image) == ["draft>published"]

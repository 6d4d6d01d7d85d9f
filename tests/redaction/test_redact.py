"""A redacted picture takes the old one's place; the old bytes leave every place they stood in, for good."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.admission import admit, unadmitted
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import Blocked, Erased, ImageUnknown, RedactionError
from wetplate.generation.catalog import pixels, unpainted
from wetplate.generation.tables import PaintingRow
from wetplate.imaging.codec import decode
from wetplate.moderation import catalog, queue, rejudging
from wetplate.moderation.policy import load
from wetplate.recipes.catalog import REDACTION
from wetplate.recipes.tables import RecipeRow
from wetplate.redaction.cover import FILL, cover
from wetplate.redaction.redact import redact
from wetplate.retention import holds, restricted
from wetplate.retention.tables import RestrictedRow
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.sweep import referenced

REGIONS = [(20, 24, 40, 30), (90, 90, 20, 20)]
BOOTS = "boots"


@pytest.fixture
def painting(session: Session, objects: MemoryObjects) -> PaintingRow:
    """The painting of an image that was approved and admitted."""
    image = session.get_one(CanonicalRow, images.admitted(session, objects))
    return session.get_one(PaintingRow, image.recipe_id)


def redacted(session: Session, objects: MemoryObjects, painting: PaintingRow, regions=REGIONS) -> str:  # type: ignore[no-untyped-def]
    return redact(session, objects, painting.recipe_id, painting.sha256, regions, "person:p", "privacy/face")


def test_the_new_picture_is_a_recipe_that_says_how_it_was_made(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    before = pixels(objects, painting)
    made = session.get_one(PaintingRow, redacted(session, objects, painting))
    np.testing.assert_array_equal(pixels(objects, made), cover(before, REGIONS))
    recipe, old = (session.get_one(RecipeRow, each.recipe_id) for each in (made, painting))
    assert (recipe.kind, recipe.family, recipe.variant, recipe.current) == (
        REDACTION,
        BOOTS,
        old.variant,
        True,
    )
    assert {"of": old.id, "object_sha256": painting.sha256, "fill": list(FILL)}.items() <= recipe.body.items()
    assert all(type(number) is int for region in recipe.body["regions"] for number in region)
    assert made.runtime == {"painter": "redaction"}
    assert images.PROMPT not in str(recipe.body)


def test_the_old_bytes_stand_in_the_restricted_area_only(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    body = objects.get(painting.key)
    new = redacted(session, objects, painting)
    kept = session.get_one(PaintingRow, new).key
    stand = {entry.key for entry in objects.list()}
    image = session.scalars(select(CanonicalRow)).one()
    assert stand == {kept, f"restricted/{painting.key}", f"restricted/{image.key}"}
    assert restricted.read(session, objects, painting.key) == body
    assert decode(restricted.read(session, objects, image.key)).shape == (128, 128, 3)
    assert referenced(session, stand) == stand
    row = session.get_one(RestrictedRow, painting.key)
    assert (row.subject, row.reason) == (painting.recipe_id, "redacted: privacy/face")
    assert timedelta(days=29) < row.retain_until - now() <= timedelta(days=30)


def test_redacting_again_changes_nothing_and_tells_nothing(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    first = redacted(session, objects, painting)
    before = [entry.key for entry in objects.list()], len(outbox.after(session, 0, ["image.redacted"]))
    assert redacted(session, objects, painting, list(reversed(REGIONS))) == first
    assert (
        [entry.key for entry in objects.list()],
        len(outbox.after(session, 0, ["image.redacted"])),
    ) == before
    (event,) = outbox.after(session, 0, ["image.redacted"])
    assert (event.key, event.payload["redaction"]) == (painting.recipe_id, first)
    assert event.payload["canonical"] == session.scalars(select(CanonicalRow.id)).one()


def test_a_second_redaction_is_of_the_redacted_picture(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    first = redacted(session, objects, painting)
    with pytest.raises(RedactionError, match=f"redacted already, as {first[:12]}"):
        redacted(session, objects, painting, [(1, 1, 9, 9)])
    session.expire_all()
    second = redacted(session, objects, session.get_one(PaintingRow, first), [(1, 1, 9, 9)])
    assert session.get_one(RecipeRow, second).body["of"] == first


def test_the_same_bytes_under_another_recipe_leave_too(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    other = images.recipe(1)
    twin = f"paintings/{other.id}.png"
    objects.put(twin, objects.get(painting.key), content_type="image/png")
    values = {"bytes": 1, "runtime": {}, "model_files": {}, "seconds": 0.0, "run_id": ""}
    session.add(PaintingRow(recipe_id=other.id, sha256=painting.sha256, key=twin, **values))
    session.flush()
    redacted(session, objects, painting)
    assert restricted.moved(session, twin)
    assert session.get_one(RestrictedRow, twin).subject == other.id
    assert other.id not in {each.recipe_id for each in catalog.unjudged(session, BOOTS, load("product"))}


def test_what_cannot_be_redacted_is_refused_and_nothing_moves(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    before = [entry.key for entry in objects.list()]
    right = {"recipe_id": painting.recipe_id, "object_sha256": painting.sha256, "regions": REGIONS}
    for change, error, says in (
        ({"recipe_id": "0" * 64}, ImageUnknown, "has no painting"),
        ({"object_sha256": "0" * 64}, RedactionError, "look at the picture again"),
        ({"regions": []}, RedactionError, "0 regions"),
        ({"regions": [(0, 0, 128, 128)]}, RedactionError, "reject it instead"),
    ):
        with pytest.raises(error, match=says):
            redact(session, objects, **{**right, **change}, actor="person:p", reason="privacy/face")  # type: ignore[arg-type]
    objects.delete(painting.key)
    objects.put(painting.key, b"other", content_type="image/png")
    with pytest.raises(RedactionError, match="holds other bytes"):
        redacted(session, objects, painting)
    assert [entry.key for entry in objects.list()] == before


def test_the_old_picture_is_neither_judged_nor_approved_nor_painted_again(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    new = redacted(session, objects, painting)
    queue.put(session, painting.recipe_id, painting.sha256, "reject", "person:p", ("redacted",))
    policy = load("product")
    assert {each.recipe_id for each in catalog.unjudged(session, BOOTS, policy)} == {new}
    assert rejudging.stale(session, limit=5).families == {}
    assert painting.recipe_id not in {recipe.id for recipe in unpainted(session, BOOTS)}
    assert unadmitted(session, BOOTS) == []
    with pytest.raises(Blocked, match="decide on the picture"):
        queue.put(session, painting.recipe_id, painting.sha256, "approve", "person:p", ("looks-right",))


def test_after_the_deadline_the_old_bytes_go_unless_held_and_rows_stay(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    new = redacted(session, objects, painting)
    late = now() + timedelta(days=31)
    holds.place(session, painting.recipe_id, "person:p", "a lawsuit")
    assert not any(restricted.delete(session, objects, key, late) for key in restricted.due(session, late))
    holds.lift(session, painting.recipe_id, "person:p", "a lawsuit")
    assert [restricted.delete(session, objects, key, late) for key in restricted.due(session, late)] == [
        True
    ] * 2
    assert [entry.key for entry in objects.list()] == [session.get_one(PaintingRow, new).key]
    assert session.get_one(RestrictedRow, painting.key).sha256 == painting.sha256
    with pytest.raises(Erased):
        redacted(session, objects, painting)


def test_cut_off_before_its_commit_it_can_be_done_again(database: Engine, objects: MemoryObjects) -> None:
    with Session(database) as session, session.begin():
        image = session.get_one(CanonicalRow, images.admitted(session, objects))
        painting = session.get_one(PaintingRow, image.recipe_id)
        session.expunge(painting)
    with Session(database) as session:
        first = redacted(session, objects, painting)
        session.rollback()
    with Session(database) as session, session.begin():
        assert redacted(session, objects, painting) == first
        assert restricted.moved(session, painting.key)


def test_the_redacted_picture_is_admitted_like_any_other(
    session: Session, objects: MemoryObjects, painting: PaintingRow
) -> None:
    new = session.get_one(PaintingRow, redacted(session, objects, painting))
    queue.put(session, painting.recipe_id, painting.sha256, "reject", "person:p", ("redacted",))
    images.verdict(session, new.recipe_id, new.sha256, "approve")
    (judged,) = unadmitted(session, BOOTS)
    assert admit(session, objects, judged).recipe_id == new.recipe_id

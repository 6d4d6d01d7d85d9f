"""Only approved bytes come in, once, whatever races, dies or lies."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests.canonical.paintings import judged, painted, picture, recipe
from wetplate.canonical import catalog
from wetplate.canonical.admission import admit, key, unadmitted
from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import AmbiguousId, ImageUnknown, NotApproved, ObjectConflict, StorageFull
from wetplate.imaging.chunks import names
from wetplate.imaging.codec import PNG, decode, encode
from wetplate.imaging.fingerprint import phash, pixel_sha256
from wetplate.recipes.tables import RecipeRow
from wetplate.storage import outbox
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import Objects, sha256


def told(session: Session) -> list[str]:
    return [event.key for event in outbox.after(session, 0, ["image.admitted"])]


def stood(objects: Objects) -> list[str]:
    return [head.key for head in objects.list("canonical/")]


def test_an_approved_painting_becomes_a_clean_canonical(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    row = admit(session, objects, judged(session, painting))
    body = objects.get(row.key)
    assert row.id == sha256(body)
    assert row.key == key(row.id)
    assert names(body) == ["IHDR", *["IDAT"] * names(body).count("IDAT"), "IEND"]
    assert (decode(body) == picture(1)).all()
    assert (row.width, row.height, row.bytes, row.family) == (64, 64, len(body), "boots")
    assert (row.pixel_sha256, row.phash) == (pixel_sha256(picture(1)), phash(picture(1)))
    assert (row.recipe_id, row.object_sha256) == (painting.recipe_id, painting.sha256)
    assert told(session) == [row.id]


def test_admitting_again_changes_nothing(session: Session, objects: MemoryObjects) -> None:
    verdict = judged(session, painted(session, objects, 1))
    assert admit(session, objects, verdict) is admit(session, objects, verdict)
    assert len(told(session)) == len(stood(objects)) == 1


def test_a_painting_with_text_in_it_loses_it(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    marked = encode(picture(1), PNG, b"<x:xmpmeta>secret</x:xmpmeta>")
    objects.put("paintings/marked.png", marked, content_type="image/png")
    painting.key, painting.sha256 = "paintings/marked.png", sha256(marked)
    row = admit(session, objects, judged(session, painting))
    assert b"secret" not in objects.get(row.key)


@pytest.mark.parametrize("verdict", ["review", "reject"])
def test_what_is_not_approved_stays_out(session: Session, objects: MemoryObjects, verdict: str) -> None:
    painting = painted(session, objects, 1)
    lying = replace(judged(session, painting, verdict), verdict="approve")
    with pytest.raises(NotApproved, match="no approving verdict"):
        admit(session, objects, lying)
    assert stood(objects) == told(session) == unadmitted(session, "boots") == []


def test_only_the_verdict_in_force_counts(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    before = judged(session, painting)
    judged(session, painting, "reject")
    with pytest.raises(NotApproved):
        admit(session, objects, before)
    now = judged(session, painting)
    assert admit(session, objects, now).recipe_id == painting.recipe_id


def test_nothing_unjudged_comes_in(session: Session, objects: MemoryObjects) -> None:
    verdict = judged(session, painted(session, objects, 1))
    other = painted(session, objects, 2)
    with pytest.raises(NotApproved):
        admit(session, objects, replace(verdict, recipe_id=other.recipe_id, object_sha256=other.sha256))
    with pytest.raises(NotApproved, match="not its painting"):
        admit(session, objects, replace(verdict, recipe_id=other.recipe_id))
    with pytest.raises(NotApproved, match="not its painting"):
        admit(session, objects, replace(verdict, recipe_id="f" * 64))


def test_other_bytes_in_the_store_are_refused(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    verdict = judged(session, painting)
    objects.delete(painting.key)
    objects.put(painting.key, encode(picture(9), PNG), content_type="image/png")
    with pytest.raises(NotApproved, match="other bytes"):
        admit(session, objects, verdict)
    assert stood(objects) == []


def test_sixteen_threads_admit_once(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        verdicts = [judged(session, painted(session, objects, number)) for number in range(2)]

    def race(number: int) -> str:
        with transaction(database) as session:
            return admit(session, objects, verdicts[number % 2]).id

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(race, range(32)))
    with Session(database) as session:
        assert len(set(ids)) == 2 == session.scalar(select(func.count()).select_from(CanonicalRow))
        assert sorted(told(session)) == sorted(set(ids))
    assert len(stood(objects)) == 2


class DiesAfterPut(MemoryObjects):
    """The process is gone right after the object was put."""

    def put(self, key: str, body: bytes, *, content_type: str) -> object:
        super().put(key, body, content_type=content_type)
        raise KeyboardInterrupt


def test_killed_between_object_and_row_then_run_again(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        verdict = judged(session, painted(session, objects, 1))
    dying = DiesAfterPut()
    dying._kept = objects._kept
    with pytest.raises(KeyboardInterrupt), transaction(database) as session:
        admit(session, dying, verdict)
    left = stood(objects)
    with transaction(database) as session:
        assert len(left) == 1
        assert told(session) == []
        row = admit(session, objects, verdict)
        assert [row.key] == left == stood(objects)
        assert told(session) == [row.id]


class Full(MemoryObjects):
    def put(self, key: str, body: bytes, *, content_type: str) -> object:
        raise StorageFull("no space left; free some")


def test_a_full_store_leaves_no_row(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        verdict = judged(session, painted(session, objects, 1))
    full = Full()
    full._kept = objects._kept
    with pytest.raises(StorageFull), transaction(database) as session:
        admit(session, full, verdict)
    with transaction(database) as session:
        assert [waiting.recipe_id for waiting in unadmitted(session, "boots")] == [verdict.recipe_id]


@pytest.fixture
def twins(session: Session, objects: MemoryObjects) -> list:
    return [painted(session, objects, number, picture(7)) for number in (1, 2)]


def test_two_recipes_with_the_same_pixels_share_the_first_ones_image(
    session: Session, objects: MemoryObjects, twins: list
) -> None:
    verdicts = [judged(session, painting) for painting in twins]
    assert [waiting.recipe_id for waiting in unadmitted(session, "boots")] == [
        twin.recipe_id for twin in twins
    ]
    first, second = (admit(session, objects, verdict) for verdict in verdicts)
    assert first is second
    assert first.recipe_id == twins[0].recipe_id
    assert told(session) == [first.id]
    assert unadmitted(session, "boots") == []


def test_bytes_rejected_under_one_recipe_are_approved_under_none(
    session: Session, objects: MemoryObjects, twins: list
) -> None:
    approved = judged(session, twins[0])
    row = admit(session, objects, approved)
    judged(session, twins[1], "reject")
    with pytest.raises(NotApproved, match="rejects the same bytes"):
        admit(session, objects, approved)
    with pytest.raises(NotApproved):
        catalog.require_approved(session, row.id)
    judged(session, twins[1])
    assert catalog.require_approved(session, row.id) is row


def test_a_recipe_painted_anew_does_not_replace_its_canonical(
    session: Session, objects: MemoryObjects
) -> None:
    painting = painted(session, objects, 1)
    admit(session, objects, judged(session, painting))
    other = encode(picture(5), PNG)
    objects.put("paintings/other.png", other, content_type="image/png")
    painting.key, painting.sha256 = "paintings/other.png", sha256(other)
    session.flush()
    verdict = judged(session, painting)
    assert unadmitted(session, "boots") == []
    with pytest.raises(ObjectConflict, match="another seed"):
        admit(session, objects, verdict)


def test_unadmitted_keeps_families_and_old_recipes_apart(session: Session, objects: MemoryObjects) -> None:
    rows = [painted(session, objects, number) for number in (3, 1, 2)]
    others = painted(session, objects, 4, family="hats")
    for row in (*rows, others):
        judged(session, row)
    session.get_one(RecipeRow, rows[0].recipe_id).current = False
    session.flush()
    assert [j.recipe_id for j in unadmitted(session, "boots")] == [recipe("boots", n).id for n in (1, 2)]
    assert [j.recipe_id for j in unadmitted(session, "hats")] == [others.recipe_id]


def test_the_gate_reads_the_verdict_each_time(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    row = admit(session, objects, judged(session, painting))
    assert catalog.require_approved(session, row.id) is row
    for verdict in ("review", "reject"):
        judged(session, painting, verdict)
        with pytest.raises(NotApproved, match="have recipe"):
            catalog.require_approved(session, row.id)
    with pytest.raises(ImageUnknown):
        catalog.require_approved(session, "f" * 64)


def test_a_verdict_on_other_bytes_says_nothing(session: Session, objects: MemoryObjects) -> None:
    painting = painted(session, objects, 1)
    row = admit(session, objects, judged(session, painting))
    painting.sha256 = "e" * 64
    judged(session, painting)
    with pytest.raises(NotApproved):
        catalog.require_approved(session, row.id)


def test_images_are_found_by_the_beginning_of_their_id(session: Session, objects: MemoryObjects) -> None:
    rows = [admit(session, objects, judged(session, painted(session, objects, n))) for n in range(17)]
    assert catalog.find(session, rows[0].id) is rows[0]
    assert catalog.find(session, f" {rows[0].id[:20].upper()} ") is rows[0]
    shared = next(digit for digit in "0123456789abcdef" if sum(row.id[0] == digit for row in rows) > 1)
    with pytest.raises(AmbiguousId, match="more digits"):
        catalog.find(session, shared)
    for wrong in ("", "xyz", "../etc", "%", "f" * 64):
        with pytest.raises(ImageUnknown):
            catalog.find(session, wrong)


def test_the_canonicals_rows_cannot_be_changed(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        row = admit(session, objects, judged(session, painted(session, objects, 1)))
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction(database) as session:
        session.get_one(CanonicalRow, row.id).phash = "0" * 16


def test_transparent_paintings_keep_their_alpha(session: Session, objects: MemoryObjects) -> None:
    clear = np.dstack([picture(1), np.full((64, 64), 90, np.uint8)])
    row = admit(session, objects, judged(session, painted(session, objects, 1, clear)))
    assert (decode(objects.get(row.key)) == clear).all()

"""Each rule: a sound catalog passes it, and breaking exactly what it guards is found by it alone."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.canonical.tables import CanonicalRow
from wetplate.derivatives.tables import DerivativeRow, PlaceholderRow
from wetplate.errors import PublicationError
from wetplate.generation.tables import PaintingRow
from wetplate.provenance.metadata import xmp_packet
from wetplate.publication import moves, takedown
from wetplate.publication.tables import PublicationRow
from wetplate.publication.verify import NAMES, verify
from wetplate.redaction.redact import redact
from wetplate.retention import restricted
from wetplate.similarity import blocklist
from wetplate.similarity.blocklist import Kind
from wetplate.storage import outbox
from wetplate.storage.database import now
from wetplate.storage.memory import MemoryObjects
from wetplate.storage.objects import sha256

Break = Callable[[Session, MemoryObjects, str], str]


def replaced(session: Session, objects: MemoryObjects, image: str, body: bytes) -> str:
    """Other bytes under the key of the image's first JPEG, and a row that agrees with them."""
    row = jpeg(session, image)
    objects.delete(row.key)
    objects.put(row.key, body, content_type="image/jpeg")
    row.sha256, row.bytes = sha256(body), len(body)
    session.flush()
    return row.key


def jpeg(session: Session, image: str) -> DerivativeRow:
    query = select(DerivativeRow).where(DerivativeRow.canonical_id == image, DerivativeRow.format == "jpeg")
    return session.scalars(query).first()  # type: ignore[return-value]


def saved(**options: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, "JPEG", **options)  # type: ignore[arg-type]
    return target.getvalue()


def reject(session: Session, objects: MemoryObjects, image: str) -> str:
    row = session.get_one(CanonicalRow, image)
    images.verdict(session, row.recipe_id, row.object_sha256, "reject")
    return image


def block_recipe(session: Session, objects: MemoryObjects, image: str) -> str:
    recipe_id = session.get_one(CanonicalRow, image).recipe_id
    blocklist.block(session, Kind.RECIPE, recipe_id, "notice:00", "copyright", "test")
    return image


def block_pixels(session: Session, objects: MemoryObjects, image: str) -> str:
    """For a notice that was lifted, and for another one that was not."""
    pixels = session.get_one(CanonicalRow, image).pixel_sha256
    for subject in ("notice:00", "notice:01"):
        blocklist.block(session, Kind.PIXELS, pixels, subject, "copyright", "test")
    blocklist.lift(session, "notice:00", "test")
    return image


def leave_work(session: Session, objects: MemoryObjects, image: str) -> str:
    return outbox.append(session, "review.decided", key=image, family="boots").key


def lose_canonical(session: Session, objects: MemoryObjects, image: str) -> str:
    key = session.get_one(CanonicalRow, image).key
    objects.delete(key)
    return key


def swap_canonical(session: Session, objects: MemoryObjects, image: str) -> str:
    key = lose_canonical(session, objects, image)
    objects.put(key, b"other bytes", content_type="image/png")
    return key


def lose_painting(session: Session, objects: MemoryObjects, image: str) -> str:
    key = session.get_one(PaintingRow, session.get_one(CanonicalRow, image).recipe_id).key
    objects.delete(key)
    return key


def lose_derivative(session: Session, objects: MemoryObjects, image: str) -> str:
    key = jpeg(session, image).key
    objects.delete(key)
    return key


def flip_derivative(session: Session, objects: MemoryObjects, image: str) -> str:
    row = jpeg(session, image)
    body = bytearray(objects.get(row.key))
    body[-20] ^= 1
    objects.delete(row.key)
    objects.put(row.key, bytes(body), content_type="image/jpeg")
    return row.key


def lose_manifest(session: Session, objects: MemoryObjects, image: str) -> str:
    row = jpeg(session, image)
    row.manifest_key = f"{row.key}.gone"
    session.flush()
    return row.manifest_key


def lose_own_manifest(session: Session, objects: MemoryObjects, image: str) -> str:
    key = f"{session.get_one(CanonicalRow, image).key}.c2pa"
    objects.delete(key)
    return key


def unmark(session: Session, objects: MemoryObjects, image: str) -> str:
    return replaced(session, objects, image, saved())


def tell_prompt(session: Session, objects: MemoryObjects, image: str) -> str:
    told = xmp_packet().replace(b"<rdf:RDF", f"<!-- {images.PROMPT}, white laces --><rdf:RDF".encode())
    return replaced(session, objects, image, saved(xmp=told))


def add_comment(session: Session, objects: MemoryObjects, image: str) -> str:
    return replaced(session, objects, image, saved(xmp=xmp_packet(), comment=b"hello"))


def lose_placeholder(session: Session, objects: MemoryObjects, image: str) -> str:
    session.delete(session.get_one(PlaceholderRow, image))
    session.flush()
    return image


def move_by_hand(session: Session, objects: MemoryObjects, image: str) -> str:
    session.get_one(PublicationRow, image).state = "superseded"
    session.flush()
    return image


def lower_version(session: Session, objects: MemoryObjects, image: str) -> str:
    session.get_one(PublicationRow, image).version = 7
    session.flush()
    return image


def bring_back(session: Session, objects: MemoryObjects, image: str) -> str:
    row = jpeg(session, image)
    body = objects.get(row.key)
    moves.take_down(session, image, "test", "safety")
    takedown.execute(session, objects, image)
    objects.put(row.key, body, content_type="image/jpeg")
    return row.key


def derive_behind(session: Session, objects: MemoryObjects, image: str) -> str:
    row = jpeg(session, image)
    body = objects.get(row.key)
    moves.take_down(session, image, "test", "safety")
    takedown.execute(session, objects, image)
    objects.put(row.key, body, content_type="image/jpeg")
    session.refresh(row)
    row.withdrawn_at = row.manifest_key = None
    session.flush()
    return image


def redacted(session: Session, objects: MemoryObjects) -> CanonicalRow:
    """Another image, admitted once and redacted since."""
    other = session.get_one(CanonicalRow, images.admitted(session, objects, 2))
    regions = [(9, 9, 30, 30)]
    redact(session, objects, other.recipe_id, other.object_sha256, regions, "person:test", "privacy/face")
    return other


BROKEN: list[tuple[Break, str]] = [
    (reject, "published_approved"),
    (block_recipe, "published_unblocked"),
    (block_pixels, "published_unblocked"),
    (leave_work, "outbox_drained"),
    (lose_canonical, "canonical_objects"),
    (swap_canonical, "canonical_objects"),
    (lose_painting, "painting_objects"),
    (lose_derivative, "derivative_objects"),
    (flip_derivative, "derivative_objects"),
    (lose_manifest, "manifest_objects"),
    (lose_own_manifest, "manifest_objects"),
    (unmark, "public_marks"),
    (tell_prompt, "public_texts"),
    (add_comment, "public_texts"),
    (lose_placeholder, "placeholder_present"),
    (move_by_hand, "state_is_last_move"),
    (lower_version, "state_is_last_move"),
    (bring_back, "withdrawn_unreachable"),
    (derive_behind, "withdrawn_unreachable"),
]


def test_what_the_pipeline_made_is_sound(session: Session, objects: MemoryObjects) -> None:
    images.published(session, objects, 0)
    images.derived(session, objects, 1)
    redacted(session, objects)
    assert verify(session, objects) == verify(session, objects, quick=True) == []


def test_so_is_an_empty_catalog(session: Session, objects: MemoryObjects) -> None:
    assert verify(session, objects) == []


@pytest.mark.parametrize(("breaking", "rule"), BROKEN, ids=[breaking.__name__ for breaking, _ in BROKEN])
def test_what_is_broken_is_found_by_its_rule_alone(
    session: Session, objects: MemoryObjects, breaking: Break, rule: str
) -> None:
    images.published(session, objects, 1)
    subject = breaking(session, objects, images.published(session, objects, 0))
    found = verify(session, objects)
    assert [(finding.rule, finding.subject) for finding in found] == [(rule, subject)]
    assert found[0].remedy
    assert str(found[0]).startswith(f"{rule}: {subject}")


@pytest.mark.parametrize(
    "breaking", [lose_canonical, lose_painting, lose_derivative, flip_derivative, bring_back]
)
def test_a_quick_look_asks_the_store_only(session: Session, objects: MemoryObjects, breaking: Break) -> None:
    subject = breaking(session, objects, images.published(session, objects))
    assert [finding.subject for finding in verify(session, objects, quick=True)] == [subject]


@pytest.mark.parametrize(("table", "rule"), [("verdicts", "verdict_chains"), ("moves", "move_chains")])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 'other'", "DELETE FROM {} WHERE position = 0"])
def test_history_that_was_tampered_with_is_found(
    database: Engine, owner: Engine, objects: MemoryObjects, table: str, rule: str, change: str
) -> None:
    with Session(database) as session, session.begin():
        image = images.published(session, objects)
        reject(session, objects, image)
        moves.withdraw_rejected(session, "boots")
        takedown.execute(session, objects, image)
    column = {"verdicts": "decided_by", "moves": "actor"}[table]
    with owner.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        connection.execute(text(change.format(table, column)))
    with Session(database) as session:
        assert rule in {finding.rule for finding in verify(session, objects)}


def test_a_published_image_without_its_record_is_found(
    database: Engine, owner: Engine, objects: MemoryObjects
) -> None:
    with Session(database) as session, session.begin():
        image = images.published(session, objects)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE provenance DISABLE TRIGGER append_only"))
        connection.execute(text("UPDATE provenance SET model_revision = ''"))
    with Session(database) as session:
        (found,) = verify(session, objects)
        assert (found.rule, found.subject) == ("provenance_complete", image)
        assert "model_revision" in found.message


def test_what_was_moved_out_of_reach_stands_there_and_nowhere_else(
    session: Session, objects: MemoryObjects
) -> None:
    key = redacted(session, objects).key
    body = objects.get(f"restricted/{key}")

    def found(quick: bool = False) -> list[tuple[str, str]]:
        return [(finding.rule, finding.subject) for finding in verify(session, objects, quick=quick)]

    objects.put(key, body, content_type="image/png")
    assert found() == found(quick=True) == [("restricted_objects", key)]
    objects.delete(key)
    objects.delete(f"restricted/{key}")
    assert found() == found(quick=True) == [("restricted_objects", f"restricted/{key}")]
    assert restricted.delete(session, objects, key, now() + timedelta(days=365))
    assert found() == []
    objects.put(f"restricted/{key}", body, content_type="image/png")
    assert found() == [("restricted_objects", f"restricted/{key}")]
    assert verify(session, objects, family="clogs") == []


def test_one_familys_damage_is_not_anothers(session: Session, objects: MemoryObjects) -> None:
    images.published(session, objects, slug="clogs")
    reject(session, objects, images.published(session, objects, slug="boots"))
    assert verify(session, objects, family="clogs") == []
    assert [finding.rule for finding in verify(session, objects, family="boots")] == ["published_approved"]


def test_chosen_rules_only(session: Session, objects: MemoryObjects) -> None:
    lose_derivative(session, objects, images.published(session, objects))
    assert verify(session, objects, rules=["published_approved", "public_marks"]) == []
    assert len(verify(session, objects, rules=["derivative_objects"])) == 1
    with pytest.raises(PublicationError, match="no such rule: everything"):
        verify(session, objects, rules=["everything"])


def test_fresh_work_has_its_grace(session: Session, objects: MemoryObjects) -> None:
    leave_work(session, objects, images.published(session, objects))
    assert verify(session, objects, grace=timedelta(minutes=5)) == []


def test_signatures_are_judged_by_the_reader(session: Session, objects: MemoryObjects) -> None:
    """Of another image, of other bytes, of nothing: found in each format, and by this rule only here."""
    one, other = (images.published(session, objects, number) for number in (0, 1))
    read = images.SIGNER.read
    assert verify(session, objects, read=read, sample=None) == []
    mine, theirs = jpeg(session, one), jpeg(session, other)
    assert mine.manifest_key
    assert theirs.manifest_key
    mine.key, mine.manifest_key, theirs.manifest_key = theirs.key, theirs.manifest_key, mine.manifest_key
    session.flush()
    found = verify(session, objects, read=read, sample=None, rules=["signatures"])
    assert {each.message.partition(":")[0] for each in found} == {
        "has credentials that name another picture", "has credentials that do not hold"
    }  # fmt: skip
    assert verify(session, objects, read=read, sample=0, rules=["signatures"]) == []
    assert verify(session, objects, quick=True, read=read, rules=["signatures"]) == []
    unsigned = replaced(session, objects, other, saved(xmp=xmp_packet()))
    jpeg(session, other).manifest_key = None
    session.flush()
    found = verify(session, objects, read=read, sample=None, rules=["signatures"])
    assert "carries no credentials, and should" in [
        each.message for each in found if each.subject == unsigned
    ]


def test_progress_is_told_for_every_object(session: Session, objects: MemoryObjects) -> None:
    images.published(session, objects)
    told: list[tuple[int, int]] = []
    verify(session, objects, tick=lambda done, total: told.append((done, total)))
    assert (1, 1) in told
    assert told[-1][0] == told[-1][1] > 1


def test_every_rule_is_broken_by_a_test() -> None:
    elsewhere = {
        "restricted_objects",
        "verdict_chains",
        "move_chains",
        "provenance_complete",
        "signatures",
        "original_objects",
    }
    assert {rule for _, rule in BROKEN} | elsewhere == set(NAMES)

"""One family's life without Dagster and without a GPU: the best documentation in the house."""

from pathlib import Path

from sqlalchemy import Engine, select

from tests.lifecycle.stand_ins import doubtful, write_family
from tests.lifecycle.walk import approve_all, walk
from wetplate.canonical.tables import CanonicalRow
from wetplate.publication import decisions, moves
from wetplate.publication.progress import Progress, progress, stale
from wetplate.publication.snippet import snippet
from wetplate.publication.takedown import execute
from wetplate.publication.verify import verify
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

LACES = ["white", "black", "red"]


def standing(database: Engine) -> Progress:
    with transaction(database) as session:
        return progress(session, ["boots"])[0]


def test_from_a_family_file_to_the_public_and_back(database: Engine, tmp_path: Path) -> None:
    objects = MemoryObjects()
    write_family(tmp_path, "boots", LACES)
    walk(database, objects, tmp_path, "boots")
    approve_all(database, "boots")
    walk(database, objects, tmp_path, "boots")
    now = standing(database)
    assert (now.variants, now.painted, now.approved, now.published) == (3, 3, 3, 3)
    assert now.derivatives == len(list(objects.list("derivatives/"))) - sidecars(objects)
    with transaction(database) as session:
        decisions.settle(session, "boots")
        assert verify(session, objects) == []
        image = moves.unpublished(session, "boots")
        assert image == []

    with transaction(database) as session:
        taken = session.scalars(select(CanonicalRow.id).order_by(CanonicalRow.id)).first()
        assert taken is not None
        assert "<picture" in snippet(session, taken, "https://shop.example/i")
        moves.take_down(session, taken, "tester", "trademark")
    assert standing(database).withdrawn == 1
    with transaction(database) as session:
        assert {finding.rule for finding in verify(session, objects)} >= {"withdrawn_unreachable"}
        assert execute(session, objects, taken) > 0
    with transaction(database) as session:
        assert verify(session, objects) == []


def test_a_second_walk_changes_nothing(database: Engine, tmp_path: Path) -> None:
    objects = MemoryObjects()
    write_family(tmp_path, "boots", LACES)
    walk(database, objects, tmp_path, "boots")
    before = standing(database), [head.key for head in objects.list()]
    walk(database, objects, tmp_path, "boots")
    assert (standing(database), [head.key for head in objects.list()]) == before


def test_what_is_doubtful_stays_inside_until_a_person_decides(database: Engine, tmp_path: Path) -> None:
    objects = MemoryObjects()
    write_family(tmp_path, "boots", LACES)
    walk(database, objects, tmp_path, "boots", doubtful)
    now = standing(database)
    assert (now.review, now.admitted, now.published, now.derivatives) == (3, 0, 0, 0)
    assert not list(objects.list("canonical/"))
    assert approve_all(database, "boots") == 3
    walk(database, objects, tmp_path, "boots", doubtful)
    assert standing(database).published == 3


def test_a_spent_budget_lets_the_rest_wait(database: Engine, tmp_path: Path) -> None:
    write_family(tmp_path, "boots", LACES, images=2)
    walk(database, MemoryObjects(), tmp_path, "boots")
    assert standing(database).painted == 2
    with transaction(database) as session:
        assert stale(session, limit=10) == ["boots"]


def sidecars(objects: MemoryObjects) -> int:
    return sum(head.key.endswith(".c2pa") for head in objects.list("derivatives/"))

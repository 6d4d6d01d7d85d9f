"""Quarantine is of a picture: no older task, other task or notice gives its pixels to who may not see them.

One console and one desk for the module; each test has an image of its own.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.publication import images
from tests.review.desk import ADA, BOB, EVE, Desk
from tests.review.people import WRAPPING, Client, signed_in_client
from tests.review.stage import Stage, console
from wetplate.canonical.tables import CanonicalRow
from wetplate.moderation import catalog as verdicts
from wetplate.moderation import tasks
from wetplate.publication.notices import catalog as notices
from wetplate.publication.notices.locate import Where
from wetplate.publication.notices.steps import Outcome
from wetplate.publication.notices.tables import NoticeRow
from wetplate.review import accesses, appeals, decisions, quarantine
from wetplate.review.access import Role
from wetplate.review.second import Effect
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects

WHY = "A report came in by telephone"
ZERO: dict[str, Any] = {"slugs": ("minor_safety",), "restricted": True}


@dataclass(frozen=True)
class House:
    """A desk, and who looks at it through the console."""

    desk: Desk
    viewer: Client
    reviewer: Client
    senior: Client

    def task(self, queue: str, subject: str) -> int:
        found = self.desk.open(queue, subject)
        assert found is not None
        return found.id

    def seen(self, path: str) -> tuple[int, ...]:
        """What each of them gets."""
        return tuple(each.get(path).status_code for each in (self.viewer, self.reviewer, self.senior))

    def sealed(self, recipe_id: str, digest: str) -> bool:
        with transaction(self.desk.database) as session:
            return quarantine.restricted(session, recipe_id, digest)


@pytest.fixture(scope="module")
def house(catalog: Engine) -> House:
    desk = Desk(catalog, MemoryObjects(), 8)
    served = console(Stage(catalog, desk.objects, 32))
    roles = (Role.VIEWER, Role.REVIEWER, Role.SENIOR)
    return House(desk, *(signed_in_client(served, catalog, role) for role in roles))


def post(client: Client, path: str, **said: object) -> Any:
    return client.post(path, data={"csrf": client.csrf, **said})


def test_an_older_task_gives_nothing_away(house: House) -> None:
    subject = house.desk.say(0)
    old = house.task("review", subject)
    assert house.seen(f"/pixels/{old}/full") == (200, 200, 200)
    house.desk.say(0, **ZERO, policy_sha256="6" * 64)
    new = house.task("escalated", subject)
    for id in (old, new):
        for what in ("full", "thumb"):
            assert house.seen(f"/pixels/{id}/{what}") == (403, 403, 403)
        for client in (house.viewer, house.reviewer, house.senior):
            assert "<img" not in client.get(f"/task/{id}").text
    assert post(house.reviewer, f"/task/{old}/show", purpose=WHY).status_code == 403
    assert post(house.senior, f"/task/{old}/show", purpose=WHY).status_code == 303
    for id in (old, new):
        assert house.seen(f"/pixels/{id}/full") == (403, 403, 200)
    with transaction(house.desk.database) as session:
        assert [row.why for row in accesses.of(session, subject)] == [WHY]


def test_a_later_verdict_takes_nothing_out_of_quarantine(house: House) -> None:
    subject = house.desk.say(1, **ZERO)
    house.desk.say(1, policy_sha256="6" * 64)
    assert house.desk.open("review", subject) is None
    task = house.desk.open("escalated", subject)
    assert task is not None
    assert task.restricted
    assert house.seen(f"/pixels/{task.id}/full") == (403, 403, 403)


def test_the_same_bytes_of_another_recipe_are_sealed_too(house: House) -> None:
    house.desk.say(1, **ZERO)
    digest = house.desk.images[1][1]
    assert house.sealed("f" * 64, digest)
    assert not house.sealed("f" * 64, "e" * 64)
    assert not house.sealed("f" * 64, "")


def test_of_a_task_that_is_closed_a_viewer_sees_nothing(house: House) -> None:
    subject = house.desk.say(2)
    id = house.task("review", subject)
    assert house.seen(f"/pixels/{id}/full") == (200, 200, 200)
    house.desk.decide(ADA, "review", subject, "approve", "looks-right")
    assert house.seen(f"/pixels/{id}/full") == (403, 200, 200)
    assert "/pixels/" not in house.viewer.get(f"/task/{id}").text
    assert f"/pixels/{id}/full" in house.reviewer.get(f"/task/{id}").text


@pytest.mark.parametrize(
    ("number", "decision", "reason"), [(3, "escalate", "zero-tolerance"), (4, "reject", "minor_safety")]
)
def test_what_a_person_calls_zero_tolerance_is_quarantined(
    house: House, number: int, decision: str, reason: str
) -> None:
    subject = house.desk.say(number)
    old = house.task("review", subject)
    house.desk.decide(ADA, "review", subject, decision, reason)
    assert house.seen(f"/pixels/{old}/full") == (403, 403, 403)
    with transaction(house.desk.database) as session:
        row = verdicts.last_verdict(session, subject)
        assert row is not None
        assert (row.restricted, row.slugs) == (True, ["minor_safety"])
    if decision == "escalate":
        task = house.desk.open("escalated", subject)
        assert task is not None
        assert (task.restricted, task.sensitive, task.slugs) == (True, True, ["minor_safety"])
        assert house.desk.decide(BOB, "escalated", subject, "approve", "looks-right").effect is Effect.SECOND


def test_so_is_what_a_second_person_is_asked_about(house: House) -> None:
    subject = house.desk.say(5)
    house.desk.decide(EVE, "review", subject, "approve", "looks-right")
    with transaction(house.desk.database) as session:
        appeals.appeal(session, subject, "policy", "look again")
    effect = house.desk.decide(BOB, "appeal", subject, "reject", "minor_safety").effect
    assert effect is Effect.SECOND
    task = house.desk.open("second", subject)
    assert task is not None
    assert task.restricted
    assert house.seen(f"/pixels/{task.id}/full") == (403, 403, 403)


def test_sealed_while_it_can_be_undone_and_free_when_it_was(house: House) -> None:
    subject = house.desk.say(6)
    task = house.desk.lease(ADA)
    assert task is not None
    assert task.subject == subject
    said, path = (task.id, task.lease or 0, ADA), f"/pixels/{task.id}/full"
    with transaction(house.desk.database) as session:
        decisions.propose(session, *said, "escalate", "zero-tolerance", undo_seconds=600)
    assert house.seen(path) == (403, 403, 403)
    with transaction(house.desk.database) as session:
        decisions.undo(session, *said, seconds=600)
    assert house.seen(path) == (200, 200, 200)


def test_a_reviewer_is_not_offered_what_only_seniors_may_decide(house: House) -> None:
    subject = house.desk.say(7, **ZERO)
    with transaction(house.desk.database) as session:
        tasks.open(
            session, queue="audit", subject=subject, object_sha256=house.desk.images[7][1],
            family=house.desk.family, due_at=now(),
        )  # fmt: skip
    assert house.desk.lease(ADA, "audit", restricted=False) is None
    assert "/queue/audit" in post(house.reviewer, "/queue/audit/next").headers["location"]
    assert house.desk.lease(BOB, "audit") is not None


@pytest.fixture(scope="module")
def image(house: House) -> CanonicalRow:
    """A published image."""
    with transaction(house.desk.database) as session:
        id = images.published(session, house.desk.objects)
        found = session.get_one(CanonicalRow, id)
        session.expunge(found)
        return found


def noticed(house: House, image: CanonicalRow, **said: object) -> str:
    """A notice about the image."""
    with transaction(house.desk.database) as session:
        told = {"reason": "it shows a child", **said}
        where = Where(hashes=(image.id,))
        about = {"kind": "dsa", "said": told, "where": where, "actor": "form", "channel": "form"}
        filed = notices.file(session, WRAPPING, **about)  # type: ignore[arg-type]
        return filed.notice.id


def test_a_notice_about_a_child_shows_no_pixels_until_a_senior_said_why(
    house: House, image: CanonicalRow
) -> None:
    id = noticed(house, image, minor=True)
    task = house.desk.open("takedown", f"notice:{id}")
    assert task is not None
    assert (task.restricted, task.slugs) == (True, ["minor_safety"])
    path, thumb = f"/notices/{id}", f"/pixels/notice/{id}/{image.id}/thumb"
    for page in (path, f"/task/{task.id}"):
        for client in (house.viewer, house.reviewer, house.senior):
            assert thumb not in client.get(page).text
    assert house.seen(thumb) == (403, 403, 403)
    assert house.sealed(image.recipe_id, image.object_sha256)
    assert post(house.reviewer, f"{path}/show", purpose=WHY).status_code == 403
    assert post(house.senior, f"{path}/show", purpose="no").status_code == 422
    assert house.seen(thumb) == (403, 403, 403)
    onward = post(house.senior, f"{path}/show", purpose=WHY, task=task.id).headers["location"]
    assert onward == f"/task/{task.id}"
    assert house.seen(thumb) == (403, 403, 200)
    for page in (path, onward):
        assert f'<span class="small-picture blurred greyed"><img src="{thumb}"' in house.senior.get(page).text
        assert thumb not in house.reviewer.get(page).text
    with transaction(house.desk.database) as session:
        for stream in (image.recipe_id, f"notice:{id}"):
            assert [(row.what, row.why) for row in accesses.of(session, stream)] == [("pixels", WHY)]
        session.get_one(NoticeRow, id).outcome = Outcome.REJECTED
    assert not house.sealed(image.recipe_id, image.object_sha256)


def test_images_of_a_notice_are_veiled_as_whoever_looks_wants_it(house: House, image: CanonicalRow) -> None:
    id = noticed(house, image)
    path, thumb = f"/notices/{id}", f"/pixels/notice/{id}/{image.id}/thumb"
    assert f'<span class="small-picture"><img src="{thumb}"' in house.reviewer.get(path).text
    assert thumb not in house.viewer.get(path).text
    with transaction(house.desk.database) as session:
        tasks.open(
            session, queue="audit", subject=image.recipe_id, object_sha256=image.object_sha256,
            family=image.family, slugs=("sexual/nudity",), sensitive=True, due_at=now(),
        )  # fmt: skip
    assert f'"small-picture blurred greyed"><img src="{thumb}"' in house.reviewer.get(path).text
    post(house.reviewer, "/me", blur=0, grey="on", theme="dark", break_minutes=20)
    assert f'"small-picture greyed"><img src="{thumb}"' in house.reviewer.get(path).text

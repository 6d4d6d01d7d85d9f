"""What is approved together from a list, and what no list shows: over the real application, in process."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.review.desk import ZOE, Desk
from tests.review.people import Client, signed_in_client
from tests.review.stage import Stage, console
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.retention import restricted, sweeping
from wetplate.review import accesses, appeals
from wetplate.review import decisions as decided
from wetplate.review.access import Role
from wetplate.storage.database import now, transaction


@pytest.fixture
def client(desk: Desk) -> Client:
    made = console(Stage(desk.database, desk.objects, 32))
    return signed_in_client(made, desk.database, Role.SENIOR)


def post(client: Client, path: str, **said: object) -> Any:
    return client.post(path, data={"csrf": client.csrf, **said})


def task(desk: Desk, queue: str, subject: str) -> TaskRow:
    found = desk.open(queue, subject)
    assert found is not None
    return found


def test_audit_samples_are_approved_together_and_each_is_a_decision(desk: Desk, client: Client) -> None:
    fine = [desk.say(number, audit=True) for number in (0, 1)]
    suspect = desk.say(2, audit=True, slugs=("ip/logo",))
    ids = {subject: task(desk, "audit", subject).id for subject in (*fine, suspect)}
    page = client.get("/queue/audit").text
    assert all(f'name="task" value="{ids[subject]}" form="together"' in page for subject in fine)
    assert f'name="task" value="{ids[suspect]}"' not in page
    assert "Approve together" not in client.get("/queue/review").text
    for said, wanted in (({}, "Tick the pictures"), ({"task": [ids[fine[0]]]}, "Choose a reason")):
        answer = post(client, "/queue/audit/approve", **said)
        assert (answer.status_code, wanted in answer.text) == (422, True)
    answer = post(client, "/queue/audit/approve", task=list(ids.values()), reason="looks-right")
    assert "2 pictures are approved." in answer.text
    assert "only audit samples that nothing is suspected of" in answer.text
    with transaction(desk.database) as session:
        assert [len(decided.of(session, subject)) for subject in ids] == [1, 1, 0]
    assert [desk.verdict(subject)[0] for subject in ids] == ["approve", "approve", "review"]
    again = post(client, "/queue/audit/approve", task=[ids[fine[0]]], reason="looks-right")
    assert "was closed at" in again.text


def test_only_audit_samples_go_together(desk: Desk, client: Client) -> None:
    assert post(client, "/queue/review/approve", task=[1], reason="looks-right").status_code == 404
    viewer = signed_in_client(client.app, desk.database, Role.VIEWER)
    assert post(viewer, "/queue/audit/approve", task=[1], reason="looks-right").status_code == 403


def test_a_picture_out_of_reach_is_shown_to_a_senior_who_says_why_and_nowhere_else(
    desk: Desk, client: Client, catalog: Engine
) -> None:
    recipe_id = desk.say(0, "reject")
    with transaction(catalog) as session:
        appeals.appeal(session, recipe_id, ZOE.actor, "it was not what it seemed")
        key = session.get_one(PaintingRow, recipe_id).key
        restricted.move(session, desk.objects, key, recipe_id, "redacted", now() + timedelta(days=9))
    id = task(desk, tasks.APPEAL, recipe_id).id
    assert f"/pixels/{id}/" not in client.get("/queue/appeal").text
    page = client.get(f"/task/{id}").text
    assert "Out of reach: no pixels are shown" in page
    assert client.get(f"/pixels/{id}/full").status_code == 403
    assert post(client, f"/task/{id}/show", purpose="The appeal is about it").status_code == 303
    assert client.get(f"/pixels/{id}/full").headers["content-type"] == "image/png"
    with transaction(catalog) as session:
        assert [row.what for row in accesses.of(session, recipe_id)] == ["pixels"]
    sweeping.sweep(catalog, desk.objects, now() + timedelta(days=10))
    gone = client.get(f"/pixels/{id}/full")
    assert (gone.status_code, "deleted when it was due" in gone.text) == (400, True)

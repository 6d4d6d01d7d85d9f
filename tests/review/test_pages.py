"""The console's pages over the real application, in process: what each shows, to whom, and what forms do."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine

from tests.faults.clock import ahead
from tests.review.people import Client, add, signed_in, signed_in_client
from tests.review.stage import HOSTILE, Stage, console, shoe, somebody, stage
from wetplate.imaging.codec import decode, sniff
from wetplate.moderation import catalog as verdicts
from wetplate.moderation import tasks
from wetplate.review import accesses, disclosures
from wetplate.review.access import Role
from wetplate.review.app import Console, count
from wetplate.review.decisions import of as decided
from wetplate.review.pages import grants, queues
from wetplate.storage.database import now, transaction

SIDE = 64
PAGES = ("/", "/queue/review", "/queue/escalated", "/notices", "/notices?over=yes", "/me")


@pytest.fixture(scope="module")
def made(catalog: Engine) -> Stage:
    return stage(catalog, SIDE)


@pytest.fixture(scope="module")
def served(made: Stage) -> Console:
    return console(made)


@pytest.fixture(scope="module")
def senior(served: Console, made: Stage) -> Client:
    return signed_in_client(served, made.database, Role.SENIOR)


@pytest.fixture
def reviewer(served: Console, made: Stage) -> Client:
    return signed_in_client(served, made.database, Role.REVIEWER)


@pytest.fixture(autouse=True)
def _nobody_holds_anything(made: Stage) -> Iterator[None]:
    yield
    with transaction(made.database) as session:
        for id in made.tasks.values():
            tasks.withdraw(session, id, "")


def post(client: Client, path: str, **said: object) -> httpx.Response:
    return client.post(path, data={"csrf": client.csrf, **said})


def taken(client: Client, id: int) -> int:
    """Take a task; the number it is held under."""
    assert post(client, f"/task/{id}/take").status_code == 303
    page = client.get(f"/task/{id}").text
    return int(page.split('name="lease" value="')[1].split('"')[0])


def gone_back(made: Stage, name: str) -> None:
    """Nobody holds the task any more."""
    with transaction(made.database) as session:
        tasks.withdraw(session, made.tasks[name], "")


def test_every_page_says_what_it_is_and_loads_nothing_from_elsewhere(senior: Client, made: Stage) -> None:
    own = [f"/task/{id}" for id in made.tasks.values()]
    rest = (f"/image/{made.recipes[6]}", f"/image/{made.image}", f"/notices/{made.notice}")
    for path in (*PAGES, *own, *rest):
        answer = senior.get(path)
        assert answer.status_code == 200, path
        assert "<h1>" in answer.text
        assert HOSTILE not in answer.text
        assert "style=" not in answer.text
        assert " onerror=" not in answer.text.replace("&lt;img src=x onerror=", "")
        assert answer.headers["cache-control"] == "no-store"


def test_nobody_sees_anything_before_signing_in(served: Console, made: Stage) -> None:
    stranger = Client(served)
    for path in (*PAGES, f"/pixels/{made.tasks['plain']}/full"):
        assert stranger.get(path).headers["location"].startswith("/sign-in")
    assert "<h1>Sign in</h1>" in stranger.get("/sign-in").text


def test_queues_tell_how_much_waits_and_what_is_late(senior: Client) -> None:
    page = senior.get("/").text
    assert "nothing is published until somebody decides" in page
    assert "1 overdue" in page
    assert page.count("Take next<") == 6


def test_a_viewer_looks_and_takes_nothing(served: Console, made: Stage) -> None:
    viewer = signed_in_client(served, made.database, Role.VIEWER)
    assert "Take next" not in viewer.get("/").text
    assert "You may look, not decide" in viewer.get(f"/task/{made.tasks['plain']}").text
    assert post(viewer, "/queue/review/next").status_code == 403
    assert post(viewer, f"/task/{made.tasks['plain']}/take").status_code == 403


def test_a_reviewer_takes_no_work_of_seniors(reviewer: Client, made: Stage) -> None:
    assert post(reviewer, "/queue/escalated/next").status_code == 403
    assert post(reviewer, f"/task/{made.tasks['second']}/take").status_code == 403
    assert post(reviewer, f"/notices/{made.notice}/withdraw").status_code == 403
    assert reviewer.get("/accounts").status_code == 403


def test_an_empty_queue_says_so(served: Console, made: Stage, senior: Client) -> None:
    with transaction(made.database) as session:
        said = queues.listing(session, somebody(Role.SENIOR), "audit", "9999-12-31T00:00:00+00:00_1", now())
    assert said["tasks"] == []
    assert "Nothing waits here" in senior.get("/queue/audit?after=9999-12-31T00:00:00%2B00:00_1").text


def test_pixels_are_made_when_the_catalog_is_let_go_of(
    senior: Client, made: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, get = list[int](), made.objects.get

    def watched(key: str) -> bytes:
        held.append(made.database.pool.checkedout())  # type: ignore[attr-defined]
        return get(key)

    monkeypatch.setattr(made.objects, "get", watched)
    for path in (f"{made.tasks['plain']}/full", f"notice/{made.notice}/{made.image}/thumb"):
        assert senior.get(f"/pixels/{path}").status_code == 200
    assert held == [0, 0]


def test_pixels_are_made_anew_and_kept_by_nobody(senior: Client, made: Stage) -> None:
    full, thumb = (senior.get(f"/pixels/{made.tasks['plain']}/{what}") for what in ("full", "thumb"))
    assert full.headers["content-type"] == "image/png"
    assert (decode(full.content) == shoe(SIDE, 0)).all()
    assert sniff(thumb.content) == "webp"
    for answer in (full, thumb):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert senior.get(f"/pixels/{made.tasks['plain']}/raw").status_code == 404


def test_neighbours_are_shown_beside_a_picture_and_others_are_not(senior: Client, made: Stage) -> None:
    id = made.tasks["plain"]
    page = senior.get(f"/task/{id}").text
    near = page.split(f"/pixels/{id}/near/")[1].split('"')[0]
    assert near in made.recipes
    assert senior.get(f"/pixels/{id}/near/{near}").status_code == 200
    assert senior.get(f"/pixels/{id}/near/{made.recipes[1]}").status_code == 404
    assert senior.get(f"/pixels/{id}/near/{made.recipes[3]}").status_code == 404


def test_images_of_a_notice_are_shown_and_no_others(senior: Client, made: Stage) -> None:
    path = f"/pixels/notice/{made.notice}/{made.image}/thumb"
    assert path in senior.get(f"/notices/{made.notice}").text
    assert sniff(senior.get(path).content) == "webp"
    assert senior.get(f"/pixels/notice/{made.notice}/{'0' * 64}/thumb").status_code == 404
    assert senior.get(f"/pixels/notice/{'0' * 16}/{made.image}/full").status_code == 404


def test_quarantine_shows_no_pixels_until_a_senior_said_why(
    made: Stage, served: Console, reviewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    senior, id = signed_in_client(served, made.database, Role.SENIOR), made.tasks["sealed"]
    assert senior.who
    for client in (senior, reviewer):
        assert "<img" not in client.get(f"/task/{id}").text
        assert client.get(f"/pixels/{id}/full").status_code == 403
        assert client.get(f"/pixels/{id}/thumb").status_code == 403
    assert post(reviewer, f"/task/{id}/show", purpose="I want to see it").status_code == 403
    assert post(senior, f"/task/{id}/show", purpose="no").status_code == 400
    assert post(senior, f"/task/{id}/show", purpose="A report came in by telephone").status_code == 303
    assert "<img" in senior.get(f"/task/{id}").text
    assert senior.get(f"/pixels/{id}/full").status_code == 200
    with transaction(made.database) as session:
        [row] = accesses.of(session, made.recipes[3])
        assert (row.actor, row.what, row.why) == (senior.who.id, "pixels", "A report came in by telephone")
    monkeypatch.setattr(grants, "MINUTES", 0)
    assert senior.get(f"/pixels/{id}/full").status_code == 403


def test_in_lists_quarantine_has_no_picture_either(senior: Client, made: Stage) -> None:
    assert f"/pixels/{made.tasks['sealed']}/" not in senior.get("/queue/escalated").text
    assert 'class="small-picture blurred greyed"' in senior.get("/queue/review").text


def test_a_decision_leads_to_the_next_and_can_be_undone(reviewer: Client, made: Stage) -> None:
    id = made.tasks["failed"]
    lease = taken(reviewer, id)
    said = {"lease": lease, "decision": "approve", "reason-approve": "looks-right", "note": "as it should be"}
    onward = post(reviewer, f"/task/{id}/decide", **said).headers["location"]
    assert onward.startswith("/task/")
    page = reviewer.get(onward).text
    assert "Approved" in page
    assert f'action="/task/{id}/undo"' in page
    instead = int(onward.removeprefix("/task/"))
    held = int(page.split('name="instead_lease" value="')[1].split('"')[0])
    undone = post(reviewer, f"/task/{id}/undo", lease=lease, instead=instead, instead_lease=held)
    assert undone.headers["location"] == f"/task/{id}"
    with transaction(made.database) as session:
        assert tasks.get(session, instead).leased_by is None
        assert tasks.get(session, id).proposed is None
    assert post(reviewer, f"/task/{id}/release", lease=lease).headers["location"] == "/queue/review"


def test_the_next_one_is_what_somebody_holds_already(reviewer: Client, made: Stage) -> None:
    first = post(reviewer, "/queue/review/next").headers["location"]
    assert post(reviewer, "/queue/review/next").headers["location"] == first
    assert "You hold" in reviewer.get("/").text
    lease = int(reviewer.get(first).text.split('name="lease" value="')[1].split('"')[0])
    assert post(reviewer, f"{first}/release", lease=lease).status_code == 303


def test_a_decision_without_a_reason_comes_back_with_everything_said(reviewer: Client, made: Stage) -> None:
    id = made.tasks["plain"]
    lease = taken(reviewer, id)
    for said, wanted in (
        ({}, "Choose a decision."),
        ({"decision": "reject", "note": "my words"}, "Choose a reason to reject."),
        ({"decision": "reject", "reason-reject": "other"}, "Reason other needs a note"),
        ({"decision": "reject", "reason-reject": "nonsense"}, "is no reason to reject"),
        ({"decision": "redact", "reason-redact": "privacy/face"}, "Say which regions to cover"),
        ({"decision": "redact", "reason-redact": "privacy/face", "region": "1,2,3"}, "four whole numbers"),
        ({"decision": "redact", "reason-redact": "ip/logo", "box-0-x": "4"}, "four whole numbers"),
    ):
        answer = post(reviewer, f"/task/{id}/decide", lease=lease, **said)
        assert answer.status_code == 422
        assert wanted in answer.text
        assert 'id="problems"' in answer.text
    answer = post(reviewer, f"/task/{id}/decide", lease=lease, decision="reject", note="my words")
    assert ">my words</textarea>" in answer.text
    assert 'value="reject" data-key="r" required checked' in answer.text


@pytest.mark.parametrize("field", ["note", "decision", "reason-reject", "region", "lease", "instead"])
def test_what_a_reviewer_types_stays_text(field: str, reviewer: Client, made: Stage) -> None:
    """Whether it comes back at once as what was refused, or is shown to the next one as a note."""
    id = made.tasks["plain"]
    said = {"lease": taken(reviewer, id), "decision": "reject", "reason-reject": "nonsense", field: HOSTILE}
    answer = post(reviewer, f"/task/{id}/decide", **said)
    assert answer.status_code in (303, 409, 422)
    assert HOSTILE not in answer.text
    assert "<img src=x" not in answer.text


def test_a_hostile_note_is_shown_as_it_was_typed(
    served: Console, reviewer: Client, senior: Client, made: Stage
) -> None:
    id = made.tasks["failed"]
    said = {"lease": taken(reviewer, id), "decision": "escalate", "reason-escalate": "unsure"}
    assert post(reviewer, f"/task/{id}/decide", **said, note=HOSTILE).status_code == 303
    with transaction(made.database) as session:
        task = tasks.get(session, id)
        subject, task.commit_at = task.subject, now()
    count(served.desk)
    page = senior.get(f"/image/{subject}").text
    assert "&lt;img src=x onerror=" in page
    assert "<img src=x" not in page


TRICKS = (
    "../../etc/passwd", "%2e%2e%2fetc%2fpasswd", "..%5cx", "%00", "1%0d%0aX: y", "-1", "9" * 30, "9" * 10,
    "%3Cscript%3E",
)  # fmt: skip


@pytest.mark.parametrize("number", ["9" * 10, "9" * 18, "9" * 30, "-1", "1.5", "٣"])
def test_a_number_that_cannot_be_ours_is_refused(number: str, reviewer: Client, made: Stage) -> None:
    id = made.tasks["plain"]
    held = str(taken(reviewer, id))
    for verb in ("decide", "undo", "renew", "release"):
        for said in ({"lease": number}, {"lease": held, "instead": number, "instead_lease": number}):
            words = {"decision": "reject", "reason-reject": "nonsense", **said}
            assert post(reviewer, f"/task/{id}/{verb}", **words).status_code < 500
    assert post(reviewer, "/queue/audit/approve", task=number, reason="looks-right").status_code < 500
    assert reviewer.get(f"/queue/review?after=2026-11-23T00:00:00_{number}").status_code < 500


@pytest.mark.parametrize("text", TRICKS)
def test_no_path_leads_astray(text: str, senior: Client, made: Stage) -> None:
    id = made.tasks["plain"]
    doors = (
        "/task/",
        "/pixels/",
        f"/pixels/{id}/",
        "/image/",
        "/notices/",
        "/queue/",
        "/accounts/",
        "/static/",
    )
    for path in (door + text for door in doors):
        answer = senior.get(path)
        assert answer.status_code in (400, 404, 405, 409), path
        assert b"root:" not in answer.content
        assert "x" not in answer.headers
        assert "<script>" not in answer.text.replace('<script src="', "")
        assert post(senior, path).status_code in (400, 404, 405, 409), path


def test_boxes_are_ticked_drawn_and_kept(reviewer: Client, made: Stage) -> None:
    id = made.tasks["face"]
    lease = taken(reviewer, id)
    page = reviewer.get(f"/task/{id}").text
    value = page.split('name="region" value="')[2].split('"')[0]
    said = {
        f"box-1-{side}": number for side, number in zip(("x", "y", "width", "height"), "1234", strict=True)
    }
    post(
        reviewer, f"/task/{id}/decide", lease=lease, decision="redact", region=value,
        **{"reason-redact": "privacy/face"}, **said,
    )  # fmt: skip
    with transaction(made.database) as session:
        proposed = tasks.get(session, id).proposed
        assert proposed
        assert proposed["details"]["regions"] == [[int(n) for n in value.split(",")], [1, 2, 3, 4]]


def test_somebody_who_can_be_recognised_needs_a_legal_basis(reviewer: Client, made: Stage) -> None:
    id = made.tasks["face"]
    lease = taken(reviewer, id)
    said = {"lease": lease, "decision": "approve", "reason-approve": "looks-right"}
    assert "legal basis" in post(reviewer, f"/task/{id}/decide", **said).text
    assert post(reviewer, f"/task/{id}/decide", **said, basis="consent").status_code == 303


def test_an_old_hold_is_refused_politely_and_the_note_is_not_lost(
    served: Console, made: Stage, reviewer: Client
) -> None:
    id, other = made.tasks["plain"], signed_in_client(served, made.database, Role.REVIEWER)
    lease = taken(reviewer, id)
    gone_back(made, "plain")
    taken(other, id)
    said = {"lease": lease, "decision": "reject", "reason-reject": "ip/logo", "note": "a mark on the tongue"}
    answer = post(reviewer, f"/task/{id}/decide", **said)
    assert answer.status_code == 409
    assert "Somebody else has this one now" in answer.text
    assert "a mark on the tongue" in answer.text
    assert "Take it again" in answer.text
    for form in ("renew", "release"):
        assert post(reviewer, f"/task/{id}/{form}", lease=lease).status_code == 409
    assert post(reviewer, f"/task/{id}/take").status_code == 409
    assert "Somebody else has it until" in reviewer.get(f"/task/{id}").text


def test_a_console_whose_clock_is_ahead_takes_nothing_out_of_somebodys_hands(
    served: Console, made: Stage, reviewer: Client
) -> None:
    """By more than a hold lasts, and less than a session may be idle."""
    other = signed_in_client(served, made.database, Role.REVIEWER)
    number = taken(reviewer, made.tasks["plain"])
    with ahead(20):
        assert post(other, f"/task/{made.tasks['plain']}/take").status_code == 409
    with transaction(made.database) as session:
        task = tasks.get(session, made.tasks["plain"])
        assert reviewer.who is not None
        assert (task.leased_by, task.lease) == (reviewer.who.id, number)


def test_a_sign_of_life_makes_the_hold_longer(reviewer: Client, made: Stage) -> None:
    lease = taken(reviewer, made.tasks["plain"])
    answer = post(reviewer, f"/task/{made.tasks['plain']}/renew", lease=lease)
    assert answer.json()["until"] > (now() + timedelta(seconds=500)).isoformat()


def test_what_counts_is_recorded_and_its_disclosure_waits_for_the_record(
    served: Console, reviewer: Client, made: Stage
) -> None:
    id, subject = made.tasks["late"], made.recipes[7]
    said = {
        "decision": "approve",
        "reason-approve": "false-alarm",
        "need": "required",
        "depicts": ["product"],
    }
    post(reviewer, f"/task/{id}/decide", lease=taken(reviewer, id), **said)
    with transaction(made.database) as session:
        tasks.get(session, id).commit_at = now() - timedelta(seconds=1)
    count(served.desk)
    with transaction(made.database) as session:
        [row] = decided(session, subject)
        assert row.details["disclosure"] == {"need": "required", "depicts": ["product"]}
        found = verdicts.last_verdict(session, subject)
        assert found
        assert found.verdict == "approve"
        assert disclosures.settle(session) == []
    assert "Nothing waits here any more" in reviewer.get(f"/task/{id}").text
    assert "false-alarm" in reviewer.get(f"/image/{subject}").text


def test_the_second_is_not_shown_what_the_first_decided(senior: Client, made: Stage) -> None:
    page = senior.get(f"/task/{made.tasks['second']}").text
    assert "is hidden until the second has" in page


def test_who_complained_is_shown_to_seniors_who_say_why(
    served: Console, made: Stage, reviewer: Client
) -> None:
    path, senior = f"/notices/{made.notice}", signed_in_client(served, made.database, Role.SENIOR)
    for client in (reviewer, senior):
        assert "somebody@example.org" not in client.get(path).text
    assert post(reviewer, f"{path}/who", purpose="I am curious").status_code == 403
    assert post(senior, f"{path}/who", purpose="").status_code == 422
    post(senior, f"{path}/who", purpose="To ask for the licence")
    assert "somebody@example.org" in senior.get(path).text
    assert "somebody@example.org" not in reviewer.get(path).text
    with transaction(made.database) as session:
        assert [row.what for row in accesses.of(session, f"notice:{made.notice}")] == ["notice"]


def test_a_notice_goes_step_by_step(made: Stage, served: Console) -> None:
    senior, path = signed_in_client(served, made.database, Role.SENIOR), f"/notices/{made.notice}"
    assert "Withdraw for now" in senior.get(path).text
    assert post(senior, f"{path}/withdraw").status_code == 303
    page = senior.get(path).text
    assert "The images are not shown while it is being decided." in page
    assert "Withdraw for now" not in page
    refused = post(senior, f"{path}/close")
    assert refused.status_code == 422
    assert "so close is refused" in refused.text
    assert post(senior, f"{path}/dance").status_code == 422
    assert post(senior, f"{path}/uphold", reason="trademark", note="A mark on the tongue.").status_code == 303
    assert "decided: upheld" in senior.get(path).text


def test_preferences_change_what_is_shown(reviewer: Client, made: Stage) -> None:
    kept = post(reviewer, "/me", blur=0, theme="dark", break_minutes=20, without=["privacy/face"])
    assert kept.headers["location"] == "/me?kept"
    page = reviewer.get(f"/task/{made.tasks['face']}").text
    assert 'data-theme="dark" data-veil="0"' in page
    assert 'id="blur">' in page
    assert "Not kept" in post(reviewer, "/me", blur=500, theme="dark", break_minutes=20).text


def test_accounts_are_for_admins(served: Console, made: Stage) -> None:
    admin, other = signed_in_client(served, made.database, Role.ADMIN), add(made.database, Role.VIEWER)
    assert other in admin.get("/accounts").text
    assert post(admin, f"/accounts/{other}/role", role="senior").status_code == 303
    assert post(admin, f"/accounts/{other}/role", role="emperor").status_code == 400
    session = Client(served, signed_in(made.database, Role.SENIOR, other))
    assert session.get("/").status_code == 200
    assert post(admin, f"/accounts/{other}/active", active="no").status_code == 303
    assert session.get("/").status_code == 303


def test_a_decided_image_is_opened_again_by_a_senior(made: Stage, reviewer: Client, senior: Client) -> None:
    path = f"/image/{made.recipes[6]}/reopen"
    assert post(reviewer, path, why="I am not sure about it").status_code == 403
    answer = post(senior, path, why="The policy was changed since")
    assert "The policy was changed since" in senior.get(answer.headers["location"]).text


def test_refusals_are_pages_that_say_what_to_do(senior: Client) -> None:
    missing = senior.get("/task/999999")
    assert missing.status_code == 409
    assert "go back to the queue" in missing.text.lower()
    for path in ("/nowhere", "/queue/none", "/image/zzz", "/notices/abc", "/task/x"):
        assert senior.get(path).status_code == 404, path
    assert "csrf" not in senior.get("/nowhere").text or "Sign out" in senior.get("/nowhere").text


def test_files_are_immutable_under_their_hash(served: Console) -> None:
    page = Client(served).get("/sign-in").text
    for kind in ("css", "js", "svg"):
        address = next(
            part for part in page.split('"') if part.startswith("/static/") and part.endswith(kind)
        )
        answer = Client(served).get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert Client(served).get("/static/review.css").status_code == 404

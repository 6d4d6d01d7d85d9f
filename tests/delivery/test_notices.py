"""`/notices/`: a stranger complains over HTTP and sees what became of it; bad requests get nowhere."""

import json
from itertools import count
from typing import Any

import httpx
import pytest

from tests.delivery.house import WRAPPING, House
from wetplate.delivery.notices import routes
from wetplate.publication.notices import catalog, decisions, execute
from wetplate.publication.notices.steps import Outcome
from wetplate.storage.database import transaction

pytestmark = pytest.mark.xdist_group("origin")
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
SOMEBODY = count(1)


@pytest.fixture
def somebody() -> dict[str, str]:
    """Headers of a client that nobody has heard of before."""
    return {"X-Forwarded-For": f"198.51.100.{next(SOMEBODY)}"}


def send(house: House, said: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return house.client.post("/notices/", json=said, headers=headers)


def test_a_program_hands_one_in_and_follows_it(origin_house: House, somebody: dict[str, str]) -> None:
    said = {"kind": "dsa", "url": [f"https://shop.example{origin_house.path()}?utm=1"], "reason": XSS,
            "name": XSS, "email": "a@example.org", "good_faith": True}  # fmt: skip
    made = send(origin_house, said, somebody)
    told = made.json()
    assert (made.status_code, told["found"], told["missing"]) == (201, True, {})
    assert made.headers["cache-control"] == "private, no-store"
    receipt = origin_house.client.get(made.headers["location"])
    assert receipt.json()["state"] == "acknowledged"
    assert receipt.headers["cache-control"] == "private, no-store"
    page = origin_house.client.get(made.headers["location"], headers={"Accept": "text/html"})
    assert "script>alert" not in page.text
    assert "a@example.org" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    with transaction(origin_house.database) as session:
        row = catalog.find(session, told["id"])
        assert row.located["urls"] == [f"https://shop.example{origin_house.path()}"]
        assert catalog.persons(session, WRAPPING, row.id) == {"name": XSS, "email": "a@example.org"}
        assert catalog.said(session, WRAPPING, row)["reason"] == XSS
        assert all("example.org" not in event.body for event in catalog.events(session, row.id))


def test_a_person_sends_the_form_with_the_picture(origin_house: House, somebody: dict[str, str]) -> None:
    page = origin_house.client.get("/notices/")
    assert page.status_code == 200
    assert 'action="/notices/"' in page.text
    picture = origin_house.client.get(origin_house.path("jpeg")).content
    made = origin_house.client.post(
        "/notices/",
        data={"kind": "dmca", "reason": "mine", "work": "my shoe"},
        files={"upload": ("x.jpg", picture, "image/jpeg")},
        headers=somebody,
    )
    assert made.status_code == 303
    assert origin_house.client.get(made.headers["location"]).json()["found"] is True


def test_unknown_pictures_are_received_and_lacking_fields_named(
    origin_house: House, somebody: dict[str, str]
) -> None:
    told = send(origin_house, {"kind": "dmca", "url": ["/gallery/"], "reason": "x"}, somebody).json()
    assert told["found"] is False
    assert told["missing"]["signature"] == "17 U.S.C. 512(c)(3)(A)(i)"


def test_the_receipt_says_what_was_decided_and_takes_one_appeal(
    origin_house: House, somebody: dict[str, str]
) -> None:
    made = send(origin_house, {"kind": "other", "hash": [origin_house.draft], "reason": "x"}, somebody)
    told = made.json()
    with transaction(origin_house.database) as session:
        decisions.decide(session, told["id"], Outcome.REJECTED, "person:first", "permitted")
        execute.execute(session, told["id"], "person:first")
        execute.verified(session, told["id"], "person:first", images=0, seconds=0)
        execute.told(session, told["id"], "person:first")
    receipt = origin_house.client.get(told["receipt"]).json()
    assert receipt["answer"]["outcome"] == "rejected"
    assert receipt["appeal"] is True
    appeal = {"appeal": told["id"], "token": told["token"], "reason": "look again"}
    assert send(origin_house, appeal, somebody).status_code == 201
    assert origin_house.client.get(told["receipt"]).json()["state"] == "appealed"
    assert send(origin_house, appeal, somebody).status_code == 400
    assert send(origin_house, {**appeal, "token": "0" * 32}, somebody).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"kind": "law", "url": ["/x"], "reason": "x"}, 400),
        ({"kind": "dsa", "url": ["/x"]}, 400),
        ({"kind": "dsa", "reason": "x", "oops": "x"}, 400),
        ({"kind": "dsa", "reason": "x" * 6_000}, 400),
        ({"kind": "dsa", "reason": "x", "hash": ["zz"]}, 400),
        ({"kind": "dsa", "reason": "x", "website": "http://spam.example"}, 400),
        ({"kind": "dsa", "reason": {"deep": 1}}, 400),
        ({"reason": "x" * 70_000}, 413),
    ],
)
def test_bad_notices(
    origin_house: House, somebody: dict[str, str], said: dict[str, Any], status: int
) -> None:
    answer = send(origin_house, said, somebody)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_bad_requests(origin_house: House, somebody: dict[str, str]) -> None:
    post = origin_house.client.post
    good = json.dumps({"kind": "dsa", "url": ["/x"], "reason": "x"})
    elsewhere = {**somebody, "Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}
    assert post("/notices/", content=good, headers=elsewhere).status_code == 403
    assert (
        post("/notices/", content=b"\x00", headers={**somebody, "Content-Type": "text/plain"}).status_code
        == 415
    )
    assert (
        post("/notices/", content=b"[", headers={**somebody, "Content-Type": "application/json"}).status_code
        == 400
    )
    picture = {"upload": ("x.png", b"\x89PNG\r\n\x1a\nno", "image/png")}
    damaged = post("/notices/", data={"reason": "x"}, files=picture, headers=somebody)
    assert damaged.status_code in (415, 422)
    assert post("/notices/x", content=good, headers=somebody).status_code == 405
    assert origin_house.client.get("/notices/00ff/00ff").status_code == 404


def test_one_client_is_slowed_down(origin_house: House, somebody: dict[str, str]) -> None:
    answers = [send(origin_house, {}, somebody).status_code for _ in range(routes.A_MINUTE + 1)]
    assert answers == [400] * routes.A_MINUTE + [429]

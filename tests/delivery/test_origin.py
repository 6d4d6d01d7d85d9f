"""The origin over HTTP: published files, what surrounds them, and how they go away."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import TimeoutError as NoneFree

from tests.delivery.house import House
from tests.publication import images
from wetplate import metrics
from wetplate.delivery import caching, manifest
from wetplate.delivery.caching import Kind
from wetplate.derivatives.derive import derive
from wetplate.derivatives.ondemand import REFINED
from wetplate.derivatives.profiles import load
from wetplate.publication import moves, takedown
from wetplate.storage import outbox
from wetplate.storage.database import transaction

pytestmark = pytest.mark.xdist_group("origin")
CHANGING = {"server-timing", "cache-status", "x-request-id"}


@pytest.fixture
def house(origin_house: House) -> House:
    """The module's origin with nothing in its memory."""
    origin_house.origin.service.memory.clear()
    return origin_house


def get(house: House, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return house.client.request(method, path, headers=headers)  # type: ignore[return-value]


def lasting(answer: httpx.Response) -> dict[str, str]:
    """The headers that are the file's, not the moment's."""
    return {name: value for name, value in answer.headers.items() if name not in CHANGING}


def test_a_file_is_itself_first_from_the_store_then_from_memory(house: House) -> None:
    file, path = house.file("webp"), house.path("webp")
    first, again = get(house, path), get(house, path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content == house.objects.get(file.key)
    assert lasting(first) == lasting(again)
    assert first.headers["cache-status"] == "wetplate; fwd=miss; stored"
    assert again.headers["cache-status"] == "wetplate; hit"
    assert "standing;dur=" in first.headers["server-timing"]


@pytest.mark.parametrize("kept", [False, True])
def test_what_a_picture_carries(house: House, kept: bool) -> None:
    file, path = house.file(), house.path()
    if kept:
        get(house, path)
    headers = get(house, path).headers
    expected = {
        "content-type": "image/avif",
        "content-length": str(file.bytes),
        "etag": f'"{file.sha256}"',
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
        "content-disposition": f'inline; filename="boots-{file.name}"',
        "link": f'<{path}.c2pa>; rel="c2pa-manifest"',
    }
    assert {name: headers.get(name) for name in expected} == expected
    tags = caching.tags(house.image, "boots")
    for name, value in caching.headers(Kind.DERIVATIVE, tags=tags).items():
        assert headers[name] == value
    assert "set-cookie" not in headers


def test_the_side_car_stands_beside(house: House) -> None:
    file, path = house.file(), house.path(manifest=True)
    answer = get(house, path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/c2pa")
    assert answer.content == house.objects.get(str(file.manifest_key))
    assert get(house, path, **{"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("kept", [False, True])
def test_head_is_get_without_a_body(house: House, kept: bool) -> None:
    path = house.path("jpeg")
    if kept:
        get(house, path)
    head = get(house, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert lasting(head) == lasting(get(house, path))


@pytest.mark.parametrize("kept", [False, True])
def test_conditions(house: House, kept: bool) -> None:
    path, tag = house.path(), f'"{house.file().sha256}"'
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        if not kept:
            house.origin.service.memory.clear()
        answer = get(house, path, **{"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert "cache-control" in answer.headers
        assert "content-length" not in answer.headers
    assert get(house, path, **{"If-None-Match": '"x"'}).status_code == 200
    assert get(house, path, **{"If-Match": '"x"'}).status_code == 412


@pytest.mark.parametrize("kept", [False, True])
def test_parts(house: House, kept: bool) -> None:
    file, path = house.file(), house.path()
    body = house.objects.get(file.key)
    if kept:
        get(house, path)
    part = get(house, path, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(body)}"
    assert part.headers["content-length"] == "10"
    assert get(house, path, Range="bytes=-5").content == body[-5:]
    beyond = get(house, path, Range=f"bytes={len(body)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(body)}")
    same = {"If-Range": f'"{file.sha256}"', "Range": "bytes=0-0"}
    assert get(house, path, **same).status_code == 206
    assert get(house, path, **(same | {"If-Range": '"another"'})).status_code == 200


def test_a_request_id_of_the_callers_is_repeated_if_it_is_plain(house: House) -> None:
    path = house.path()
    for _ in range(2):
        assert get(house, path, **{"X-Request-Id": "abc-123.X_9"}).headers["x-request-id"] == "abc-123.X_9"
    ids = {
        get(house, path, **{"X-Request-Id": bad}).headers["x-request-id"] for bad in ("<b>", "x" * 65, "a")
    }
    assert len(ids) == 3
    assert all(len(each) == 17 for each in ids)


def test_preflight_and_other_methods(house: House) -> None:
    path = house.path()
    preflight = get(house, path, "OPTIONS")
    assert (preflight.status_code, preflight.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    for method in ("POST", "PUT", "DELETE", "PATCH", "PURGE", "TRACE"):
        answer = get(house, path, method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_what_nobody_has_heard_of(house: House) -> None:
    other = house.file("webp").name.replace("128", "129")
    for path in (f"/images/{house.image}/{other}", f"/images/{'0' * 64}/{other}", "/nothing", "/images"):
        answer = get(house, path)
        assert answer.status_code in (404, 400)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert get(house, path, "HEAD").headers["content-length"] == answer.headers["content-length"]


def test_a_draft_says_nothing_of_itself(house: House) -> None:
    path = house.path(image=house.draft)
    unknown = get(house, path.replace(house.draft, "0" * 64))
    answer = get(house, path)
    assert (answer.status_code, answer.json()) == (404, unknown.json())
    assert lasting(answer) == lasting(unknown)


def test_hidden_is_404_superseded_is_served_and_published_again_is_back(house: House) -> None:
    path = house.path()
    assert get(house, path).status_code == 200
    house.move(moves.unpublish, house.image)
    house.until(path, 404)
    house.move(moves.publish, house.image)
    house.until(path, 200)
    house.move(moves.supersede, house.image, house.draft)
    time.sleep(0.05)
    assert get(house, path).status_code == 200
    house.move(moves.publish, house.image)


def test_withdrawn_is_410_before_the_bytes_go_and_after_the_image_came_back(house: House) -> None:
    image = house.another()
    file, path = house.file(image=image), house.path(image=image)
    demand = f"/images/{image}/v1/w128.avif"
    assert get(house, path).status_code == 200
    house.take_down(image, execute=False)
    began = time.monotonic()
    gone = house.until(path, 410)
    assert time.monotonic() - began < 0.5
    assert house.objects.get(file.key)
    assert gone.headers["cache-control"].startswith("public, max-age=5")
    for address in (path, f"{path}.c2pa", demand, demand.replace("/images/", "/auto/").removesuffix(".avif")):
        assert get(house, address).status_code == 410
    assert get(house, house.signed(image)).status_code == 410
    with transaction(house.database) as session:
        takedown.execute(session, house.objects, image)
        moves.reinstate(session, image, "test", "appeal")
        takedown.acknowledge(session, image)
        derive(session, house.objects, images.SIGNER, image, load("social-feed"))
        moves.publish(session, image, "test")
    again = house.path("jpeg", image=image)
    house.until(again, 200)
    fresh = set(house.standing(image).files)
    assert get(house, path).status_code == (200 if file.name in fresh else 410)
    assert get(house, demand).status_code == 410
    house.take_down(image, "court-order")
    assert house.until(again, 451).json()["status"] == 451


def test_a_takedown_while_the_bytes_are_fetched_wins(house: House) -> None:
    image = house.another()
    path = house.path(image=image)
    inside, go_on, get_object = Event(), Event(), house.objects.get
    answers: list[httpx.Response] = []

    def slow(key: str) -> bytes:
        body = get_object(key)
        inside.set()
        go_on.wait(5)
        return body

    house.origin.service.bodies._objects = type("Slow", (), {"get": staticmethod(slow)})()  # type: ignore[assignment]
    try:
        asking = Thread(target=lambda: answers.append(get(house, path)))
        asking.start()
        assert inside.wait(5)
        house.take_down(image, execute=False)
        began = time.monotonic()
        while house.origin.service.ledger.known(image) is not None:
            assert time.monotonic() - began < 5
            time.sleep(0.001)
        go_on.set()
        asking.join(5)
    finally:
        house.origin.service.bodies._objects = house.objects
    assert answers[0].status_code == 410
    assert house.origin.service.memory.forget(image) == 0


def test_bytes_that_go_before_the_news_comes_are_gone_not_lost(house: House) -> None:
    image, news = house.another(), house.origin.service.news
    path, told = house.path(image=image), news._told
    get(house, house.path("jpeg", image=image))
    news._told = lambda story: None
    try:
        house.take_down(image)
        assert get(house, path).status_code == 410
    finally:
        news._told = told


def test_the_manifest_forgets_at_once(house: House) -> None:
    image, path = house.another("listed"), "/manifest/listed.json"
    first = house.until(path, 200)
    assert image in first.text
    assert get(house, path).headers["cache-status"] == "wetplate; hit"
    assert get(house, path, **{"If-None-Match": first.headers["etag"]}).status_code == 304
    house.take_down(image)
    began = time.monotonic()
    while image in (changed := get(house, path)).text:
        assert time.monotonic() - began < 5
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.fixture
def meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens, and is heard of, while a manifest is being made: one of these at each attempt."""
    steps: list[Callable[[], object]] = []
    page, service = manifest.page, house.origin.service

    def interrupted(*said: Any) -> manifest.Values:
        made = page(*said)
        if steps:
            steps.pop(0)()
            with transaction(house.database) as session:
                newest = session.scalar(select(func.max(outbox.Event.id)))
            began = time.monotonic()
            while service.news._last is None or service.news._last.id < (newest or 0):
                assert time.monotonic() - began < 5
                time.sleep(0.001)
        return made

    monkeypatch.setattr(manifest, "page", interrupted)
    return steps


def test_a_family_at_work_has_a_manifest(house: House, meanwhile: list[Callable[[], object]]) -> None:
    def publish(number: int) -> None:
        with transaction(house.database) as session:
            images.published(session, house.objects, number, "busy")

    def refine() -> None:
        with transaction(house.database) as session:
            outbox.append(session, REFINED, key=first, family="busy")

    first, path = house.another("busy"), "/manifest/busy.json"
    meanwhile += [partial(publish, 1), partial(publish, 2)]
    told = get(house, path)
    assert (told.status_code, len(told.json()["images"]), len(meanwhile)) == (200, 1, 1)
    meanwhile.clear()
    house.origin.service.memory.clear()
    assert len(get(house, path).json()["images"]) == 2
    meanwhile.append(refine)
    get(house, "/manifest/boots.json")
    assert get(house, path).headers["cache-status"] == "wetplate; hit"  # no manifest shows what was refined


def test_what_is_taken_away_meanwhile_is_in_no_manifest(
    house: House, meanwhile: list[Callable[[], object]]
) -> None:
    image = house.another("taken")
    meanwhile.append(partial(house.take_down, image, execute=False))
    told = get(house, "/manifest/taken.json")
    assert (told.status_code, told.json()["images"], meanwhile) == (200, [], [])


def test_what_the_store_altered_or_lost_is_never_served(house: House) -> None:
    file, path = house.file("webp"), house.path("webp")
    altered = metrics.STORE_UNFAITHFUL.bound("altered")
    before, kept = altered._value.get(), house.objects._kept[file.key]
    house.objects._kept[file.key] = (kept[0], kept[1][:-1] + b"!")
    try:
        for _ in range(2):
            answer = get(house, path)
            assert (answer.status_code, answer.headers["cache-control"]) == (502, "no-store")
        assert altered._value.get() == before + 2
        house.objects.delete(file.key)
        assert get(house, path).status_code == 502
    finally:
        house.objects._kept[file.key] = kept
    assert get(house, path).status_code == 200


def test_pages_that_take_every_connection_keep_no_picture_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pool = house.path(), house.database.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    with ExitStack() as held:
        with suppress(NoneFree):
            while True:
                held.enter_context(house.database.connect())
        house.origin.service.ledger.clear()
        assert get(house, path).status_code == 200
        for busy in ("/gallery/boots", "/manifest/boots.json"):
            refused = get(house, busy)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert get(house, "/readyz").status_code == 200
    assert get(house, "/gallery/boots").status_code == 200


def test_without_news_nothing_that_can_be_withdrawn_is_served(house: House) -> None:
    path, news = house.path(), house.origin.service.news
    script = "/client/" + get(house, "/client/").json()["wetplate-loader.js"]["url"].rpartition("/")[2]
    assert get(house, path).status_code == 200
    staleness, news._staleness = news._staleness, -1.0
    try:
        for address in (path, f"{path}.c2pa", "/manifest/boots.json", f"/images/{house.image}/v1/w64.webp"):
            answer = get(house, address)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert get(house, script).status_code == 200
        assert get(house, "/schemas/manifest.json").status_code == 200
        assert get(house, "/livez").status_code == 200
    finally:
        news._staleness = staleness
    assert get(house, path).status_code == 200


def test_files_that_came_without_news_are_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wetplate.delivery.ledger.REREAD_SECONDS", 0.0)
    ledger, seen = house.origin.service.ledger, house.standing()
    assert get(house, house.path()).status_code == 200
    stale = replace(seen, files={})
    ledger._drop(house.image)
    ledger._kept[house.image] = (stale, time.monotonic() - 1)
    ledger._weight += stale.weight
    assert get(house, house.path("jpeg")).status_code == 200


def test_answers_are_counted_by_route_format_and_status(house: House) -> None:
    path = house.path()
    counted = metrics.REQUESTS.bound("derivative", "avif", "2xx")
    hits, misses = (metrics.CACHE_REQUESTS.bound("memory", each) for each in ("hit", "miss"))
    before = [each._value.get() for each in (counted, hits, misses)]
    get(house, path), get(house, path), get(house, path, "HEAD")
    assert [each._value.get() for each in (counted, hits, misses)] == [
        before[0] + 3, before[1] + 2, before[2] + 1,
    ]  # fmt: skip
    refused = metrics.REQUESTS.bound("derivative", "json", "4xx")
    before = refused._value.get()
    get(house, f"/images/{'0' * 64}/{house.file().name}")
    assert refused._value.get() == before + 1

"""How long the edge keeps what: failures, refusals, private, stale."""

import json
import time
from collections.abc import Callable

import pytest

from tests.delivery.edge.conftest import away, purge
from tests.delivery.edge.scripted import IMAGE, PUBLIC, Answer, Client, Origin, fresh
from wetplate.delivery.caching import Kind, headers

SIGNED = "/signed/k1.1900000000.AAAA"
BRIEF = {"Content-Type": "image/avif", "Cache-Control": "public, max-age=1", "CDN-Cache-Control": "max-age=1"}


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429])
def test_a_refusal_is_not_kept(edge: Client, origin: Origin, status: int) -> None:
    path = fresh()
    origin.answers[path] = Answer(status, headers(Kind.REFUSED))
    assert edge.ask(path).status == status
    origin.answers[path] = Answer()
    assert edge.ask(path).status == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_that_claims_a_year_is_told_as_not_to_be_stored(
    edge: Client, origin: Origin, status: int
) -> None:
    path = fresh()
    origin.answers[path] = Answer(status, {"Cache-Control": "public, max-age=31536000"})
    said = edge.ask(path)
    assert (said.status, said.headers["cache-control"]) == (status, "no-store")


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_refusal_lives_five_seconds_at_most(edge: Client, origin: Origin, status: int) -> None:
    path = fresh()
    origin.answers[path] = Answer(status, PUBLIC | {"CDN-Cache-Control": "max-age=86400"})
    edge.ask(path)
    said = edge.ask(path)
    assert said.status == status
    assert said.cache in ("wetplate-edge; hit; ttl=4", "wetplate-edge; hit; ttl=5")


def test_gone_reaches_the_origin_once_for_a_crowd(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(410, headers(Kind.GONE))
    assert [each.status for each in edge.ask_all([path] * 20)] == [410] * 20
    assert len(origin.of(path)) == 1


@pytest.mark.parametrize("kind", [Kind.PRIVATE, Kind.DERIVATIVE])
def test_private_is_passed_and_never_kept(edge: Client, origin: Origin, kind: Kind) -> None:
    """Whatever the origin says of it."""
    path = f"{SIGNED}/{IMAGE}/v1/w{kind}.avif"
    origin.answers[path] = Answer(headers=headers(kind))
    for _ in range(2):
        said = edge.ask(path, Authorization="Bearer x", Cookie="a=b")
        assert said.cache == "wetplate-edge; fwd=bypass"
        assert said.headers["cache-control"] == "private, no-store"
        assert "cdn-cache-control" not in said.headers
    assert [asked.headers.get("authorization") for asked in origin.of(path)] == ["Bearer x"] * 2


def test_private_on_a_public_path_is_not_kept_either(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(headers=PUBLIC | {"Cache-Control": "private", "Set-Cookie": "a=b"})
    said = [edge.ask(path) for _ in range(3)]
    assert len(origin.of(path)) == 3
    assert not [each for each in said if "set-cookie" in each.headers]


def test_nothing_lives_longer_than_a_day(edge: Client, origin: Origin) -> None:
    """23 hours fresh and one hour stale, whatever the origin says."""
    path = fresh("/client")
    origin.answers[path] = Answer(headers={"Cache-Control": "public, max-age=31536000, immutable"})
    edge.ask(path)
    assert edge.ask(path).cache in ("wetplate-edge; hit; ttl=82799", "wetplate-edge; hit; ttl=82800")


def test_time_spent_in_other_caches_counts(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(headers=PUBLIC | {"CDN-Cache-Control": "max-age=300", "Age": "100"})
    edge.ask(path)
    assert edge.ask(path).cache in ("wetplate-edge; hit; ttl=199", "wetplate-edge; hit; ttl=200")


def test_what_went_stale(edge: Client, origin: Origin) -> None:
    """Served at once and asked for behind; kept through failures and through the origin's absence."""
    renewed, confirmed, failing, orphaned, lost = (fresh() for _ in range(5))
    for path in (renewed, confirmed, failing, orphaned):
        origin.answers[path] = Answer(headers=BRIEF | {"ETag": '"a"'}).tagged(f"i-{path[-20:-9]}")
    edge.ask_all([renewed, confirmed, failing, orphaned])
    origin.answers[confirmed] = Answer(headers=PUBLIC | {"ETag": '"a"'})
    origin.answers[renewed] = Answer(headers=BRIEF, body=b"new", delay=0.1)
    origin.answers[failing] = Answer(500, PUBLIC)
    time.sleep(1.1)

    said = edge.ask(renewed)
    assert said.body == b"0123456789"
    assert said.cache in ("wetplate-edge; hit; ttl=0", "wetplate-edge; hit; ttl=-1")
    assert [edge.ask(failing).status for _ in range(2)] == [200, 200]
    until(lambda: edge.ask(renewed).body == b"new")
    until(lambda: edge.ask(confirmed).headers["cache-status"].startswith("wetplate-edge; hit; ttl=827"))
    assert [asked.headers.get("if-none-match") for asked in origin.of(confirmed)] == [None, '"a"']
    assert purge(edge, f"i-{confirmed[-20:-9]}") == 1, "its tags outlive a 304 that names none"
    assert not edge.ask(confirmed).hit

    with away(origin, edge):
        assert edge.ask(orphaned).status == 200
        time.sleep(0.4)  # the probe has noticed
        assert edge.ask(orphaned).status == 200
        alone = edge.ask(lost)
    assert alone.status == 503
    assert alone.headers["cache-control"] == "no-store"
    assert json.loads(alone.body)["type"] == "urn:wetplate:problem:unavailable"


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_failure_answers_a_crowd_for_a_second(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(500, headers(Kind.BUSY))
    said = edge.ask_all([path] * 20)
    assert [each.status for each in said] == [500] * 20
    assert said[-1].cache in ("wetplate-edge; hit; ttl=0", "wetplate-edge; hit; ttl=1")
    assert len(origin.of(path)) == 2  # the first is asked for twice: perhaps something stale was there

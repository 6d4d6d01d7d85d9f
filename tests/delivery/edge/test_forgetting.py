"""A purge is hard, tagged, allowed to few, and loses no race."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.delivery.edge.conftest import TOKEN, away, purge
from tests.delivery.edge.scripted import Answer, Client, Origin, fresh, statuses
from wetplate.delivery.caching import Kind, headers

GONE = Answer(410, headers(Kind.GONE))


def test_a_purge_forgets_what_carries_the_tag_and_nothing_else(edge: Client, origin: Origin) -> None:
    one, same, other = fresh(), fresh(), fresh()
    origin.answers[one] = origin.answers[same] = Answer().tagged("i-one", "f-boots")
    origin.answers[other] = Answer().tagged("i-other", "f-boots")
    edge.ask_all([one, same, other])
    assert purge(edge, "i-one") == 2
    assert [edge.ask(path).hit for path in (one, same, other)] == [False, False, True]
    assert purge(edge, "i-one") == 2
    assert purge(edge, "i-one", "f-boots") >= 1  # objects that are on their way out may be counted again
    assert not edge.ask(other).hit
    assert purge(edge, "i-nobody") == 0


def test_many_tags_in_one_purge(edge: Client, origin: Origin) -> None:
    paths = [fresh() for _ in range(16)]
    for number, path in enumerate(paths):
        origin.answers[path] = Answer().tagged(f"m-{number}")
    edge.ask_all(paths)
    assert purge(edge, *(f"m-{number}" for number in range(16))) == 16


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper()])
def test_purging_takes_the_token(edge: Client, origin: Origin, token: str) -> None:
    path = fresh()
    origin.answers[path] = Answer().tagged("i-kept")
    edge.ask(path)
    stranger = Client(edge.port, "127.0.0.1")
    said = stranger.ask("/", "PURGE", X_Wetplate_Token=token, xkey="i-kept")
    assert (said.status, said.headers["cache-control"]) == (403, "no-store")
    assert edge.ask(path).hit


def test_purging_takes_a_known_address(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer().tagged("i-kept")
    edge.ask(path)
    stranger = Client(edge.port, "127.0.0.2")
    asked = [stranger.ask("/", "PURGE", X_Wetplate_Token=TOKEN, xkey="i-kept") for _ in range(31)]
    assert statuses(asked) == {403: 30, 429: 1}
    assert edge.ask(path).hit


@pytest.mark.parametrize("tags", ["", "I-ONE", "a,b", "a  b", "a" * 65, "*", " ".join(["a"] * 17)])
def test_a_purge_that_says_nothing_readable(edge: Client, tags: str) -> None:
    assert edge.ask("/", "PURGE", X_Wetplate_Token=TOKEN, xkey=tags).status == 400


def test_a_purge_leaves_nothing_stale_behind(edge: Client, origin: Origin) -> None:
    """Not even when the origin is away: then there is an error, not the picture."""
    path = fresh()
    origin.answers[path] = Answer().tagged("i-stale")
    edge.ask(path)
    with away(origin, edge):
        assert edge.ask(path).status == 200
        assert purge(edge, "i-stale") == 1
        assert edge.ask(path).status == 503


def test_a_fetch_that_began_before_the_purge_brings_nothing_back(edge: Client, origin: Origin) -> None:
    """Takedown at the origin, purge at the edge, and only then the old answer arrives."""
    path = fresh()
    origin.answers[path] = Answer(delay=0.15).tagged("i-raced")
    with ThreadPoolExecutor() as threads:
        early = [threads.submit(edge.ask, path) for _ in range(3)]
        time.sleep(0.05)
        origin.answers[path] = GONE
        assert purge(edge, "i-raced") == 0
        late = edge.ask(path)
    assert [each.result().status for each in early] == [410] * 3
    assert late.status == 410
    assert edge.ask(path).status == 410


def test_an_origin_that_is_slow_to_hear_brings_it_back_for_a_second_at_most(
    edge: Client, origin: Origin
) -> None:
    path, other = fresh(), fresh()
    origin.answers[path] = Answer().tagged("f-late", "i-late")
    origin.answers[other] = Answer().tagged("f-late", "i-early")
    edge.ask_all([path, other])
    purge(edge, "i-late")
    assert edge.ask(path).status == 200
    origin.answers[path] = GONE
    time.sleep(1.05)
    assert edge.ask(path).status == 410
    assert edge.ask(other).hit


def test_hundreds_of_variants_are_forgotten_at_once(
    edge: Client, origin: Origin, record_property: Callable[[str, object], None]
) -> None:
    paths = [fresh() for _ in range(600)]
    origin.answers.update(dict.fromkeys(paths, Answer().tagged("i-many")))
    for number in range(3):  # so many clients, each within its allowance
        Client(edge.port, f"127.0.1.{number}").ask_all(paths[number * 200 : (number + 1) * 200])
    began = time.perf_counter()
    assert purge(edge, "i-many") == 600
    record_property("purge of 600 variants, ms", 1000 * (time.perf_counter() - began))
    origin.answers.update(dict.fromkeys(paths, GONE))
    said = Client(edge.port, "127.0.2.1").ask_all(paths[:300])
    assert statuses(said) == {410: 300}

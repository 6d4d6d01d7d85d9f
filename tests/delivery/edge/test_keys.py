"""What makes two requests the same: the path, and nothing else a client may say."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.delivery.edge.scripted import Answer, Client, Origin, fresh
from wetplate.delivery.negotiation import choose

NOISE = {
    "Cookie": "session=1",
    "Authorization": "Bearer x",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Prefix": "/evil",
    "Forwarded": "host=evil.example",
    "X_Original_URL": "/evil",
    "X_Rewrite_URL": "/evil",
    "X_HTTP_Method_Override": "DELETE",
    "Sec_CH_DPR": "3",
    "Width": "4000",
    "Accept_Language": "de",
    "Accept_Encoding": "br",
    "Accept": "image/png",
    "Save_Data": "on",
    "X_Wetplate_Again": "1",
}


def test_query_host_cookies_and_headers_make_no_second_key(edge: Client, origin: Origin) -> None:
    path = fresh()
    edge.ask(path, **NOISE)
    for more in ("?cb=1", "?", "?w=320&w=9999"):
        assert edge.ask(path + more, Host=f"h{len(more)}.example", Cookie=f"a={more}").hit
    assert len(origin.of(path)) == 1


def test_the_origin_hears_nothing_a_client_says_of_itself(edge: Client, origin: Origin) -> None:
    path = fresh()
    edge.ask(path, X_Forwarded_For="6.6.6.6, 7.7.7.7", **NOISE)
    heard = origin.of(path)[0].headers
    said = {name.replace("_", "-").lower() for name in NOISE}
    assert not said & heard.keys(), said & heard.keys()
    assert heard["x-forwarded-for"] == "127.0.0.1"
    assert heard["host"] == f"127.0.0.1:{origin.port}"
    assert not [name for name in heard if name.startswith("x-wetplate")]


def test_sixty_cold_requests_make_one_fetch(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(delay=0.15)
    with ThreadPoolExecutor(60) as crowd:
        said = list(crowd.map(lambda _: edge.ask(path), range(60)))
    assert {each.body for each in said} == {b"0123456789"}
    assert len(origin.of(path)) == 1
    told = [each.cache for each in said]
    assert told.count("wetplate-edge; fwd=uri-miss; fwd-status=200; stored") == 1
    assert sum("collapsed" in each for each in told) >= 10  # latecomers find it there


def spellings(number: int) -> list[str]:
    """Accept headers as browsers, tools and mischief send them."""
    chance = random.Random(5)
    types = (
        "image/avif",
        "image/webp",
        "image/jpeg",
        "image/*",
        "*/*",
        "text/html",
        "IMAGE/AVIF",
        "image/avif-x",
    )
    weights = (
        "",
        ";q=0",
        ";q=0.0",
        ";q=0.5",
        ";q=0.8",
        ";q=1",
        "; q=0.9",
        ";v=b3;q=0.7",
        ";q=abc",
        ";q=2",
        ";Q=0.3",
    )
    found = {"", "*/*", "image/avif;q=0", "image/avif;q=0,image/webp", ",,,", "x" * 8000, '"image/avif"'}
    while len(found) < number:
        some = chance.choices(types, k=chance.randint(1, 6))
        found.add(chance.choice((",", ", ", " ,")).join(each + chance.choice(weights) for each in some))
    return sorted(found)


def test_five_hundred_spellings_of_accept_make_four_variants(edge: Client, origin: Origin) -> None:
    path = fresh("/auto")
    origin.answers[path] = Answer(headers=Answer().headers | {"Vary": "Accept, Save-Data"})
    for accept in spellings(250):
        for save_data in ("", "on"):
            said = edge.ask(path, Accept=accept, Save_Data=save_data)
            assert said.status == 200
            assert said.headers["vary"] == "Accept, Save-Data"
    variants = {(each.headers["accept"], each.headers.get("save-data")) for each in origin.of(path)}
    assert len(origin.of(path)) == len(variants) <= 4


def test_folding_loses_nothing_the_origin_would_choose_by(edge: Client, origin: Origin) -> None:
    for accept in spellings(120):
        if "jpeg" in accept:
            continue  # JPEG refused by name: nobody's browser; answered with JPEG all the same
        path = fresh("/auto")
        edge.ask(path, Accept=accept)
        assert choose(origin.of(path)[0].headers["accept"]) == choose(accept), accept


@pytest.mark.parametrize("prefix", ["/images", "/manifest", "/gallery"])
def test_accept_counts_only_where_it_is_negotiated(edge: Client, origin: Origin, prefix: str) -> None:
    path = fresh(prefix)
    origin.answers[path] = Answer(headers=Answer().headers | {"Vary": "Accept, User-Agent"})
    edge.ask(path, Accept="image/avif", User_Agent="a")
    assert edge.ask(path, Accept="image/webp", User_Agent="b").hit

"""What the edge answers from its cache: ranges, conditions, ages, and what it says of itself."""

import pytest

from tests.delivery.edge.scripted import PUBLIC, Answer, Client, Origin, fresh

TAG = '"0123456789abcdef"'


@pytest.fixture
def kept(edge: Client, origin: Origin) -> str:
    """A path that is in the cache."""
    path = fresh()
    origin.answers[path] = Answer(headers=PUBLIC | {"ETag": TAG, "Server-Timing": "encode;dur=9"}).tagged(
        "i-x"
    )
    assert edge.ask(path).status == 200
    return path


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=5-900", 206, b"56789"),
        ("bytes=10-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=3-1", 200, b"0123456789"),
        ("bytes=0-0,2-2", 200, b"0123456789"),
        ("bytes=" + ",".join(["0-1"] * 1000), 200, b"0123456789"),
        ("items=0-3", 200, b"0123456789"),
        ("bytes=a-b", 200, b"0123456789"),
    ],
)
def test_ranges_come_from_the_cache(
    edge: Client, origin: Origin, kept: str, asked: str, status: int, body: bytes
) -> None:
    said = edge.ask(kept, Range=asked)
    assert (said.status, said.body) == (status, body)
    assert len(origin.of(kept)) == 1


def test_if_range_wants_the_strong_tag(edge: Client, kept: str) -> None:
    assert edge.ask(kept, Range="bytes=0-3", If_Range=TAG).status == 206
    assert edge.ask(kept, Range="bytes=0-3", If_Range='"other"').status == 200
    assert edge.ask(kept, Range="bytes=0-3", If_Range="W/" + TAG).status == 200


def test_a_range_of_what_is_not_there_yet_fetches_the_whole(edge: Client, origin: Origin) -> None:
    path = fresh()
    assert edge.ask(path, Range="bytes=2-3").body == b"23"
    assert edge.ask(path).body == b"0123456789"
    assert "range" not in origin.of(path)[0].headers


@pytest.mark.parametrize("tags", [TAG, "W/" + TAG, f'"a", {TAG}, W/"b"', "*"])
def test_what_the_client_has_is_not_sent_again(edge: Client, origin: Origin, kept: str, tags: str) -> None:
    said = edge.ask(kept, If_None_Match=tags)
    assert (said.status, said.headers["etag"]) == (304, TAG)
    assert len(origin.of(kept)) == 1


@pytest.mark.parametrize("tags", ['"other"', "0123456789abcdef", '"0123456789abcde"', ""])
def test_what_the_client_has_not_is_sent(edge: Client, kept: str, tags: str) -> None:
    assert edge.ask(kept, If_None_Match=tags).status == 200


def test_head_is_get_without_a_body(edge: Client, origin: Origin, kept: str) -> None:
    got, told = edge.ask(kept), edge.ask(kept, "HEAD")
    assert told.body == b""
    assert {**told.headers, "date": ""} == {**got.headers, "date": ""}
    assert told.headers["content-length"] == "10"
    cold = fresh()
    assert edge.ask(cold, "HEAD").status == 200
    assert [asked.method for asked in origin.of(cold)] == ["GET"]


def test_a_hit_says_so_and_keeps_our_tags_to_itself(edge: Client, kept: str) -> None:
    said = edge.ask(kept)
    assert said.cache.startswith("wetplate-edge; hit; ttl=827")
    private = {"surrogate-key", "xkey", "cache-tag", "cdn-cache-control", "x-varnish", "via", "server-timing"}
    assert not private & said.headers.keys()


def test_the_origins_own_cache_status_comes_first(edge: Client, origin: Origin) -> None:
    path = fresh()
    origin.answers[path] = Answer(headers=PUBLIC | {"Cache-Status": "wetplate-origin; hit"})
    said = edge.ask(path).headers["cache-status"]
    assert said == "wetplate-origin; hit, wetplate-edge; fwd=uri-miss; fwd-status=200; stored"


def test_a_browser_may_keep_it_for_its_minute_however_long_it_lay_here(edge: Client, origin: Origin) -> None:
    path, immutable = fresh(), fresh("/client")
    origin.answers[path] = Answer(headers=PUBLIC | {"Age": "500"})
    origin.answers[immutable] = Answer(headers={"Cache-Control": "public, max-age=31536000", "Age": "9"})
    for _ in range(2):
        said, forever = edge.ask_all([path, immutable])
        age = int(said.headers["age"])
        assert 500 <= age <= 501
        assert said.headers["cache-control"] == f"public, max-age={60 + age}, stale-while-revalidate=30"
        assert int(forever.headers["age"]) >= 9
        assert forever.headers["cache-control"] == "public, max-age=31536000"


def test_text_is_compressed_for_those_who_read_it(edge: Client, origin: Origin) -> None:
    path, picture = fresh("/gallery"), fresh()
    body = b"<p>hello</p>" * 200
    origin.answers[path] = Answer(headers=PUBLIC | {"Content-Type": "text/html; charset=utf-8"}, body=body)
    zipped = edge.ask(path, Accept_Encoding="gzip, br")
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["vary"] == "Accept-Encoding"
    assert edge.ask(path).body == body
    assert "content-encoding" not in edge.ask(picture, Accept_Encoding="gzip").headers

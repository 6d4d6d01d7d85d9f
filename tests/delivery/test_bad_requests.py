"""Bad input over HTTP, against a real server: each test is named by its number in the list of 46.

Here: 10 to 21 (addresses, paths) and 40 to 46 (headers and caches). 1 to 9 (signatures) are in
`test_bad_signatures`, 22 to 39 (bytes of pictures) in `test_bad_images`, the edge's side of 42, 43 and 46 in
`edge/`. Requests are written by hand, because clients mend what they send.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.house import House
from tests.delivery.wire import Wire, signed
from wetplate.delivery import ledger, urls
from wetplate.delivery.origin.bodies import Bodies
from wetplate.delivery.transforms.throttles import Throttles
from wetplate.errors import StoreUnfaithful, WetplateError
from wetplate.settings import ROOT
from wetplate.storage.local import LocalObjects

pytestmark = pytest.mark.xdist_group("origin")

ROOM = 64 * 2**20  # for the memory that the origin may fill, the tests themselves, and an allocator's holes
BOMBS = ("a" * 250, "_" * 250, "w64" + "_crop1x1" * 30, "w" + "9" * 250, "-" * 250, "aA" * 125, "." * 250)


def resident() -> int:
    """Bytes of memory that this process, and so the origin's thread, takes."""
    [pages] = re.findall(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(pages) * 1024


@pytest.fixture(scope="module", autouse=True)
def at_first(origin_house: House) -> int:
    """What was resident before the first of these requests."""
    for path in (origin_house.path(), f"/images/{origin_house.image}/v1/w64.webp", "/gallery/boots"):
        origin_house.client.get(path)
    return resident()


def test_10_parameters_twice_or_in_another_order(wire: Wire, image: str) -> None:
    base = f"/images/{image}/v1"
    assert wire.status(f"{base}/w64_w128.webp") == 400
    assert wire.status(f"{base}/w64.webp?w=320&w=9999") == 400
    moved = wire.ask(f"{base}/crop1x1_w64.webp")
    assert (moved.status, moved.headers["location"]) == (308, f"{base}/w64_crop1x1.webp")


def test_11_unknown_parameters(wire: Wire, origin_house: House, image: str) -> None:
    kept = len(origin_house.origin.service.memory)
    for path in (origin_house.path(), f"/images/{image}/v1/w64.webp", f"/auto/{image}/v1/w64"):
        for query in ("cb=1", "cb=2", "utm_source=x", "%00"):
            assert wire.status(f"{path}?{query}") == 400
    assert wire.status(f"/images/{image}/v1/w64_cb1.webp") == 400
    assert len(origin_house.origin.service.memory) == kept


def test_12_capitals_and_encodings(wire: Wire, image: str) -> None:
    for text in ("W64.webp", "w64.WEBP", "%77%36%34.webp", "%2577.webp", "w64%2Ewebp"):
        assert wire.status(f"/images/{image}/v1/{text}") == 400
    assert wire.status(f"/images/{image.upper()}/v1/w64.webp") in (400, 404)
    assert wire.status(f"/Images/{image}/v1/w64.webp") == 404


@pytest.mark.parametrize(
    "width", ["-1", "0", "1e9", "NaN", "1e3", "0x10", "٣٢٠", "%20320", "320.5", "+64", "064", ""]
)
def test_13_widths(wire: Wire, image: str, width: str) -> None:
    assert wire.status(f"/images/{image}/v1/w{width}.webp") == 400


def test_14_off_the_lists(wire: Wire, image: str) -> None:
    for text in (
        "w64_q100",
        "w64_qbest",
        "w64_dpr2",
        "w64_blur5",
        "w65",
        "w64_crop7x9",
        "w64_crop1x1_fp51x50",
    ):
        assert wire.status(f"/images/{image}/v1/{text}.webp") == 400
    assert wire.status(f"/images/{image}/v1/w64.gif") == 400


def test_15_long_paths(wire: Wire, image: str) -> None:
    assert wire.status("/images/" + "a" * 65_000) == 414
    assert wire.status(f"/images/{image}/v1/w64{'_qhigh' * 200}.webp") == 400
    assert wire.status("/images" + "/a" * 500) == 400
    assert wire.status("/" + "a/" * 5_000) == 414


def test_16_bombs_for_patterns(wire: Wire, image: str) -> None:
    for bomb in BOMBS:
        for path in (f"/images/{image}/v1/{bomb}", f"/images/{image}/{bomb}", f"/auto/{image}/{bomb}/w64"):
            began = time.thread_time()
            with pytest.raises(WetplateError):
                urls.parse(path)
            assert time.thread_time() - began < 0.01
        assert wire.status(f"/images/{image}/v1/{bomb}") == 400
        assert wire.status(f"/manifest/{bomb}.json") in (400, 404)


TRAVERSALS = (
    *("../../etc/passwd", "%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd", "..%5c..%5cx", "%c0%ae%c0%ae/x"),
    *("%00", "/etc/passwd", "C:%5cx", "C:\\x", "file%3a///etc/passwd", "./x", "x/../y", "x%2fy"),
)


@pytest.mark.parametrize("text", TRAVERSALS)
def test_17_paths_that_climb(wire: Wire, image: str, text: str) -> None:
    for path in (f"/images/{image}/{text}", f"/images/{text}", f"/client/{text}", f"/manifest/{text}.json"):
        said = wire.ask(path)
        assert said.status in (400, 404), path
        assert b"root:" not in said.body
    assert wire.status(f"/images/{image}/{text}") == 400


def test_18_nothing_is_a_path_to_the_store(wire: Wire, origin_house: House) -> None:
    key = origin_house.file().key
    for path in (f"/{key}", f"/images/{key}", f"/client/{key}", "/data/store-evil", "/objects", "//" + key):
        assert wire.status(path) in (400, 404)


def test_19_a_link_out_of_the_store(tmp_path: Path, origin_house: House) -> None:
    store = LocalObjects(tmp_path / "store", tmp_path / "key")
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    file = origin_house.file()
    inside = tmp_path / "store" / file.key
    inside.parent.mkdir(parents=True)
    inside.symlink_to(outside)
    with pytest.raises(StoreUnfaithful) as refusal:
        Bodies(store, None)._fetch(file.key, file.sha256)  # type: ignore[arg-type]
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("id", ["x" * 64, "0" * 63, "0" * 65, "G" * 64, "0" * 62 + "%30", "null", "1"])
def test_20_no_hex_digest(wire: Wire, origin_house: House, monkeypatch: pytest.MonkeyPatch, id: str) -> None:
    def never(images: object) -> None:
        raise AssertionError("the catalog was asked")

    monkeypatch.setattr(origin_house.origin.service.ledger, "_read", never)
    monkeypatch.setattr(origin_house.origin.service.bodies, "_objects", None)
    for rest in (origin_house.file().name, "v1/w64.webp"):
        assert wire.status(f"/images/{id}/{rest}") in (400, 404)
    assert wire.status(f"/auto/{id}/v1/w64") in (400, 404)


REMOTE = (
    *(
        "file:///etc/passwd",
        "gopher://x",
        "data:text/html,x",
        "http://ok@evil.test/x",
        "http://[::ffff:127.0.0.1]/",
    ),
    *(
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "//evil.test/x.png",
    ),
)


@pytest.mark.parametrize("source", REMOTE)
def test_21_there_are_no_remote_sources(wire: Wire, image: str, source: str) -> None:
    for path in (f"/images/{source}", f"/images/{image}/{source}", f"/images/plain/{source}@webp"):
        assert wire.status(path) in (400, 404)
    clients = re.compile(
        r"^(?:import|from) (?:httpx|requests|urllib\.request|http\.client|aiohttp)", re.MULTILINE
    )
    for package in ("origin", "transforms"):
        for module in (ROOT / "wetplate/delivery" / package).glob("*.py"):
            assert not clients.search(module.read_text())


def test_40_accept_makes_at_most_four_variants(wire: Wire, image: str) -> None:
    path, seen = f"/auto/{image}/v1/w64", set()
    odd = [
        "",
        "*/*",
        "image/avif;q=0",
        "image/avif;q=0, image/webp;q=0, */*",
        "x" * 8_000,
        "image/*",
        "a/b;c=d",
    ]
    many = [f"image/avif;q=0.{n}, image/webp;q=0.{99 - n}, */*;v={n}" for n in range(0, 99, 4)]
    for accept in [*odd, *many]:
        said = wire.ask(path, f"Accept: {accept}", *(["Save-Data: on"] if len(seen) % 2 else []))
        assert (said.status, said.headers["vary"]) == (200, "Accept, Save-Data")
        seen.add((said.headers["content-type"], said.headers["etag"]))
    assert wire.ask(path, "Accept: image/avif;q=0").headers["content-type"] != "image/avif"
    assert wire.status(path) == 200
    assert 2 <= len(seen) <= 4


FORWARDED = (
    *("X-Forwarded-Host: evil.test", "X-Forwarded-Proto: gopher", "X-Forwarded-Prefix: /evil.test"),
    *("X-Original-URL: /evil.test", "X-Rewrite-URL: /evil.test", "Forwarded: host=evil.test;proto=http"),
    *("X-Forwarded-For: evil.test", "X-Forwarded-Port: 666", "X-Host: evil.test", "Via: evil.test"),
)


def test_41_forwarding_headers_are_neither_repeated_nor_keyed(wire: Wire, origin_house: House) -> None:
    image = origin_house.image
    paths = (
        *(
            origin_house.path(),
            f"/images/{image}/v1/crop1x1_w64.webp",
            f"/images/{image}/nothing",
            "/gallery",
        ),
        *(
            "/manifest/boots.json",
            "/manifest/boots/0.json",
            "/gallery/boots",
            "/evil",
            "/livez",
            "/openapi.json",
        ),
    )
    for path in paths:
        plain, said = wire.ask(path), wire.ask(path, *FORWARDED, host="evil.test")
        assert said.status == plain.status
        assert said.body == plain.body
        assert "evil.test" not in str(said.headers).replace(path, "")
        assert said.headers.get("location", "/").startswith("/")
        assert said.headers.get("etag") == plain.headers.get("etag")


def test_42_cookies_and_credentials(wire: Wire, origin_house: House, draft: str) -> None:
    known = ("Cookie: session=1", "Authorization: Bearer x")
    moment = {"x-request-id", "cache-status", "server-timing", "date"}
    for path in (origin_house.path("jpeg"), "/manifest/boots.json"):
        wire.ask(path)
        plain, said = wire.ask(path), wire.ask(path, *known)
        assert {name: value for name, value in said.headers.items() if name not in moment} == {
            name: value for name, value in plain.headers.items() if name not in moment
        }
        assert "set-cookie" not in said.headers
    private = wire.ask(signed(draft), *known)
    assert (private.status, private.headers["cache-control"]) == (200, "private, no-store")
    assert "cdn-cache-control" not in private.headers


@pytest.mark.parametrize(
    "tail", ["/..%2fpublic.css", ";.jpg", ".", "%00.jpg", "/x.css", "%3f.jpg", "#.jpg", "%23.jpg", "/"]
)
def test_43_deceiving_a_cache(wire: Wire, image: str, draft: str, tail: str) -> None:
    said = wire.ask(signed(draft) + tail)
    if tail == "#.jpg":  # a fragment never reaches a server's path
        assert said.headers["cache-control"] == "private, no-store"
        return
    assert said.status in (400, 403)
    assert "no-store" in said.headers["cache-control"]
    assert wire.status(f"/images/{image}/v1/w64.webp{tail}") in (400, 404)


def test_44_ranges(wire: Wire, origin_house: House) -> None:
    path, size, tag = origin_house.path(), origin_house.file().bytes, origin_house.file().sha256
    many = "Range: bytes=" + ",".join(f"{n}-{n + 9}" for n in range(0, 3_000, 3))
    for whole in (
        many,
        "Range: bytes=0-99,50-149",
        "Range: bytes=9-1",
        "Range: lines=1-2",
        "Range: bytes=a-b",
    ):
        said = wire.ask(path, whole)
        assert (said.status, len(said.body)) == (200, size)
    for none in ("Range: bytes=-0", f"Range: bytes={size}-", f"Range: bytes={'9' * 30}-"):
        said = wire.ask(path, none)
        assert (said.status, said.headers["content-range"]) == (416, f"bytes */{size}")
    assert wire.status(path, "Range: bytes=0-9", f'If-Range: W/"{tag}"') == 200
    assert wire.status(path, "Range: bytes=0-9", f'If-Range: "{tag}"') == 206


def test_45_errors_are_forgotten_in_seconds(wire: Wire, origin_house: House, image: str) -> None:
    gone = origin_house.another()
    address = origin_house.path(image=gone)
    origin_house.take_down(gone)
    origin_house.until(address, 410)
    service = origin_house.origin.service
    paths = [
        *(address, f"/images/{image}/v1/w65.webp", "/nothing", f"/signed/{image}/v1/w64.webp", "/a/%2e%2e/b"),
        *(
            f"/images/{image}/v1/crop1x1_w64.webp",
            "/manifest/none.json",
            "/manifest/boots/256.json",
            "/gallery/none",
            "/" + "a" * 3_000,
        ),
    ]
    said = [wire.ask(path) for path in paths]
    said += [wire.ask(paths[0], method="POST")]
    said += [wire.ask(origin_house.path(), 'If-Match: "x"'), wire.ask(origin_house.path(), "Range: bytes=-0")]
    staleness, service.news._staleness = service.news._staleness, -1.0
    try:
        said += [wire.ask(origin_house.path())]
    finally:
        service.news._staleness = staleness
    assert {each.status for each in said} >= {308, 400, 403, 404, 405, 410, 412, 414, 416, 503}
    for each in said:
        assert each.headers["content-type"] in ("application/problem+json", "text/html; charset=utf-8")
        assert not {"surrogate-key", "cache-tag", "etag"} & each.headers.keys()
        age = re.search(r"max-age=(\d+)", each.headers["cache-control"])
        assert "no-store" in each.headers["cache-control"] or (age and int(age[1]) <= 5)
        assert "cdn-cache-control" not in each.headers
        assert "immutable" not in each.headers["cache-control"]


@pytest.fixture
def throttled(origin_house: House) -> Iterator[Wire]:
    """The origin with a few transforms per client and minute."""
    transforms = origin_house.origin.service.transforms
    usual, transforms._throttles = transforms._throttles, Throttles(3, 0)
    yield Wire(origin_house)
    transforms._throttles = usual


def test_46_many_variants_purge_and_a_race(throttled: Wire, origin_house: House) -> None:
    image = origin_house.another()
    texts = [f"w64_crop1x1_fp{x}x{x}.jpg" for x in range(0, 40, 5)]
    said = [throttled.ask(f"/images/{image}/v1/{text}") for text in texts]
    assert [each.status for each in said] == [200] * 3 + [429] * 5
    assert all(int(each.headers["retry-after"]) >= 1 for each in said[3:])
    assert throttled.status(f"/images/{image}/v1/{texts[0]}") == 200
    assert throttled.status(origin_house.path(image=image), method="PURGE") == 405
    # that a purge in the middle of a miss re-inserts nothing: test_origin, test_ledger


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("Accept", "Range", "If-Range", "If-None-Match", "If-Match", "Save-Data", "X-Request-Id"),
                *(
                    "X-Forwarded-For",
                    "Host",
                    "Cookie",
                    "Connection",
                    "Content-Length",
                    "Expect",
                    "Upgrade",
                    "TE",
                ),
            ]
        ),
        st.text(st.characters(codec="latin-1"), max_size=60),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=HEADERS, which=st.integers(0, 3))
def test_no_header_breaks_it(
    wire: Wire, origin_house: House, headers: list[tuple[str, str]], which: int
) -> None:
    image = origin_house.image
    paths = (origin_house.path(), f"/auto/{image}/v1/w64", "/manifest/boots.json", "/gallery/boots")
    said = wire.ask(paths[which], *(f"{name}: {value}" for name, value in headers))
    assert said.status < 500
    assert "set-cookie" not in said.headers


def test_after_all_of_it_the_origin_serves_and_holds_no_more_than_it_may(
    wire: Wire, origin_house: House, at_first: int, record_property: Callable[[str, object], None]
) -> None:
    image, more = origin_house.image, resident() - at_first
    record_property("memory taken by all of it, bytes", more)
    assert more < ROOM
    before = resident()
    for number in range(100):
        wire.status(f"/images/{number:064x}/v1/w64.webp")
        wire.status(f"/images/{image}/{number:016x}-64.webp" + "?" + "x" * 1_900)
        wire.status("/images/" + f"{number}" * 9_000)
        wire.status(origin_house.path(), f"Cookie: {number}" + "x" * 9_000, f"Range: bytes={number}-")
    assert resident() - before < ROOM / 8
    service = origin_house.origin.service
    assert service.memory.held <= service.memory.most
    assert len(service.ledger._absent) <= ledger.MOST_ABSENT
    assert wire.status(origin_house.path()) == 200
    assert wire.ask("/readyz").status == 200

"""The judge: a right answer has no findings; each thing that can be wrong is found by its own rule."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from wetplate.delivery import caching
from wetplate.delivery.caching import Kind as Cached
from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.delivery.probe.judge import REMEDIES, RULES, judge
from wetplate.imaging.codec import Encoding, encode
from wetplate.storage.objects import sha256

PIXELS = np.full((12, 16, 3), 90, np.uint8)
WEBP = encode(PIXELS, Encoding("webp", 80, effort=0))
JPEG = encode(PIXELS, Encoding("jpeg", 80))
PATH = f"/images/{'a' * 64}/{sha256(WEBP)[:16]}-16.webp"
ETAG = f'"{sha256(WEBP)}"'

EXPECTED = Expected(
    PATH, Kind.DERIVATIVE, formats=("webp",), size=(16, 12), digest=sha256(WEBP)[:16], asks={"accept": "*/*"}
)
HEADERS = {
    "content-type": "image/webp",
    "content-length": str(len(WEBP)),
    "etag": ETAG,
    "x-content-type-options": "nosniff",
    "server-timing": "cache;desc=miss, encode;dur=12.5",
    "cache-status": "wetplate; fwd=miss; stored",
    **{name.lower(): value for name, value in caching.headers(Cached.DERIVATIVE).items()},
}
GOOD = Got(200, HEADERS, WEBP, 0.01)
THROUGH_EDGE = {
    **{name: value for name, value in HEADERS.items() if name != "cdn-cache-control"},
    "cache-status": "wetplate; fwd=miss, wetplate-edge; hit; ttl=80000",
    "age": "4000",
    "cache-control": "public, max-age=4060, stale-while-revalidate=30",
    "server-timing": "",
}


def without(*names: str) -> Got:
    return replace(GOOD, headers={name: v for name, v in HEADERS.items() if name not in names})


def having(headers: Mapping[str, str] = HEADERS, **said: str) -> Got:
    return replace(GOOD, headers={**headers, **{name.replace("_", "-"): v for name, v in said.items()}})


def rules(got: Got, expected: Expected = EXPECTED) -> set[str]:
    return {finding.rule for finding in judge(got, expected)}


def test_a_right_answer_has_no_findings() -> None:
    assert not judge(GOOD, EXPECTED)
    assert not judge(replace(GOOD, headers=THROUGH_EDGE), EXPECTED)


WRONG: list[tuple[str, Got]] = [
    ("status", replace(GOOD, status=404)),
    ("length", without("content-length")),
    ("length", having(content_length="1")),
    ("media_type", having(content_type="image/avif")),
    ("media_type", without("content-type")),
    ("media_type", having(content_type="text/html")),
    ("digest", replace(having(content_length=str(len(JPEG)), content_type="image/jpeg"), body=JPEG)),
    ("picture", replace(having(content_length=str(len(WEBP) - 9)), body=WEBP[:-9])),
    ("media_type", replace(having(content_length="6"), body=b"<html>")),
    ("freshness", without("cache-control")),
    ("freshness", having(cache_control="public, max-age=31536000, immutable")),
    ("freshness", having(cache_control="public, max-age=61")),
    ("freshness", having(cache_control="public, max-age=60, immutable")),
    ("freshness", having(cache_control="no-store")),
    ("freshness", having(cdn_cache_control="public, max-age=31536000")),
    ("freshness", without("cdn-cache-control")),
    ("freshness", having(THROUGH_EDGE, age="3900")),
    ("nosniff", without("x-content-type-options")),
    ("etag", without("etag")),
    ("etag", having(etag='W/"abc"')),
    ("etag", having(etag="abc")),
    ("vary", having(vary="Accept, Cookie")),
    ("timing", having(server_timing="")),
    ("discretion", having(set_cookie="a=b")),
    ("discretion", having(THROUGH_EDGE, surrogate_key="i-aa f-boots")),
]


@pytest.mark.parametrize(("rule", "got"), WRONG, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(WRONG)])
def test_what_is_wrong_is_found(rule: str, got: Got) -> None:
    found = judge(got, EXPECTED)
    assert rule in {finding.rule for finding in found}
    assert all(finding.subject == PATH and finding.message and finding.remedy for finding in found)


def test_one_fault_is_one_finding() -> None:
    for rule, got in WRONG:
        if got.body == WEBP and got.status == 200:
            assert rules(got) == {rule}


def test_another_size_than_promised() -> None:
    assert rules(GOOD, replace(EXPECTED, size=(16, 11))) == {"picture"}
    assert not rules(GOOD, replace(EXPECTED, size=None))


def error(status: int, kind: Cached, **said: str) -> Got:
    headers = {name.lower(): value for name, value in caching.headers(kind).items()}
    about = {"content-type": "application/problem+json", "x-content-type-options": "nosniff"}
    return Got(status, {**about, **headers, **said}, b"{}", 0.01)


def test_what_must_be_refused() -> None:
    gone = Expected("/images/x/y", Kind.GONE, (410, 451))
    assert not judge(error(410, Cached.GONE), gone)
    assert not judge(error(451, Cached.GONE), gone)
    assert rules(error(404, Cached.REFUSED), gone) == {"status"}
    assert "status" in rules(GOOD, gone), "a withdrawn image is still handed out"
    unknown = Expected("/images/x/y", Kind.UNKNOWN, (404,))
    assert rules(error(404, Cached.REFUSED, **{"content-type": "text/html"}), unknown) == {"media_type"}


def test_no_error_lives_long() -> None:
    """imgproxy once kept a time-out for a year."""
    long = {"cache-control": "public, max-age=31536000"}
    assert rules(error(504, Cached.FAILED, **long), EXPECTED) == {"status", "freshness"}
    assert rules(error(504, Cached.FAILED), EXPECTED) == {"status"}


def test_negotiated_answers_vary() -> None:
    auto = replace(EXPECTED, kind=Kind.AUTO, digest="")
    assert rules(GOOD, auto) == {"vary"}
    assert not rules(having(vary="Accept, Save-Data"), auto)
    assert rules(having(vary="Accept"), replace(auto, formats=("avif",))) == {"media_type"}


def test_revalidation_head_and_part() -> None:
    same = Expected(PATH, Kind.REVALIDATED, (304,), asks={"if-none-match": ETAG}, etag=ETAG)
    not_modified = replace(GOOD, status=304, body=b"")
    assert not rules(not_modified, same)
    assert rules(replace(not_modified, body=b"x"), same) == {"length"}
    assert rules(replace(without("etag"), status=304, body=b""), same) == {"etag"}
    assert rules(GOOD, same) == {"status"}
    head = Expected(PATH, Kind.HEAD, method="HEAD", length=len(WEBP))
    assert not rules(replace(GOOD, body=b""), head)
    assert rules(replace(without("content-length"), body=b""), head) == {"length"}
    part = Expected(PATH, Kind.PART, (206,), length=10)
    half = replace(having(content_range=f"bytes 0-9/{len(WEBP)}", content_length="10"), status=206)
    assert not rules(replace(half, body=WEBP[:10]), part)
    assert rules(replace(half, body=WEBP), part) == {"length"}
    assert rules(GOOD, part) == {"status"}, "Range was ignored"


@pytest.mark.parametrize(
    ("said", "age", "tier"),
    [
        ("wetplate; hit", "", "memory"),
        ("wetplate; fwd=miss; stored", "", "made"),
        ("wetplate; fwd=miss; detail=store", "", "store"),
        ("wetplate; fwd=miss, wetplate-edge; hit; ttl=12", "9", "edge"),
        ("wetplate; hit, wetplate-edge; fwd=uri-miss; stored", "0", "memory"),
        ("wetplate; fwd=miss, wetplate-shield; hit, wetplate-edge; fwd=uri-miss", "0", "made"),
        ("", "17", "edge"),
        ("", "", ""),
        ('ExampleCache; hit; detail="a, b; c"', "3", "edge"),
    ],
)
def test_who_had_it(said: str, age: str, tier: str) -> None:
    headers = {name: value for name, value in (("cache-status", said), ("age", age)) if value}
    assert Got(200, headers, b"", 0.1).tier == tier


def test_every_rule_says_what_to_do() -> None:
    assert {rule.__name__ for rule in RULES} | {"reachable", "offered"} == set(REMEDIES)

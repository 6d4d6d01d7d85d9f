"""A probe visits a running origin over HTTP, and finds it right; and an origin that is wrong, and says so."""

from random import Random

import httpx
import pytest

from tests.contracts.signer import CLAIM, picture
from tests.delivery.house import House
from wetplate.delivery.probe import catalog, visit
from wetplate.delivery.probe.exchange import Expected, Got, Kind
from wetplate.delivery.probe.report import Report, Visit
from wetplate.delivery.probe.vouch import unvouched
from wetplate.provenance.fake_signer import FakeSigner
from wetplate.settings import serving
from wetplate.storage.database import transaction

pytestmark = pytest.mark.xdist_group("origin")


@pytest.fixture(scope="module")
def gone(origin_house: House) -> list[str]:
    """Where an image stood that was taken down by court order."""
    image = origin_house.another()
    path = origin_house.path(image=image)
    origin_house.take_down(image, "court-order")
    origin_house.until(path, 451)
    with transaction(origin_house.database) as session:
        return catalog.gone(session, origin_house.standing(image).family)


@pytest.fixture(scope="module")
def url(origin_house: House) -> str:
    return origin_house.url


@pytest.fixture(scope="module")
def report(url: str, gone: list[str]) -> Report:
    """One visit."""
    return visit.visit(url, "boots", count=8, gone=gone, chance=Random(1))


def test_an_origin_in_order_has_no_findings(report: Report) -> None:
    assert report.reached
    assert [str(finding) for finding in report.findings] == []


def test_everything_was_asked_for(report: Report) -> None:
    assert {each.expected.kind for each in report.visits} == set(Kind)
    assert {each.expected.path for each in report.visits if each.expected.kind is Kind.GONE}


def test_the_second_time_a_cache_has_it(report: Report) -> None:
    assert report.hit_ratio is not None
    assert report.hit_ratio >= 0.3
    assert report.tiers["memory"] >= 3
    assert set(report.bytes_by_format) == {"avif", "webp", "jpeg"}


def broken(request: httpx.Request) -> httpx.Response:
    """A server that answers everything with a page, to be kept a year."""
    return httpx.Response(200, text="<html>", headers={"cache-control": "public, max-age=31536000"})


def test_a_server_that_is_something_else_is_found_out() -> None:
    report = visit.visit("http://x", "boots", transport=httpx.MockTransport(broken))
    assert {finding.rule for finding in report.findings} >= {"offered", "status", "nosniff"}


def test_nobody_there_is_a_finding() -> None:
    report = visit.visit("http://127.0.0.1:9", "boots")
    assert not report.reached
    assert [finding.rule for finding in report.findings] == ["reachable"]


def test_an_answer_that_is_cut_off_is_a_finding(url: str) -> None:
    """The manifest comes, every file is cut off."""

    def cut(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/manifest/"):
            return httpx.get(f"{url}{request.url.path}")
        raise httpx.ReadError("cut off", request=request)

    report = visit.visit("http://x", "boots", count=3, transport=httpx.MockTransport(cut))
    assert report.reached
    assert {finding.rule for finding in report.findings} == {"reachable"}
    assert len(report.findings) > 6


def test_whom_to_ask(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WETPLATE_EDGE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WETPLATE_ORIGIN_URL", url)
    assert visit.where(serving()) == url, "no edge: the origin"
    monkeypatch.setenv("WETPLATE_EDGE_URL", url)
    monkeypatch.setenv("WETPLATE_ORIGIN_URL", "http://127.0.0.1:9")
    assert visit.where(serving()) == url
    monkeypatch.setenv("WETPLATE_EDGE_URL", "http://127.0.0.1:9")
    assert visit.where(serving()) == "http://127.0.0.1:9", "nobody: the edge should have"
    monkeypatch.setenv("WETPLATE_PUBLIC_URL", "http://127.0.0.1:10")
    assert visit.where(serving()) == "http://127.0.0.1:10", "configured, so asked, whoever else answers"


def test_only_families_with_something_public_have_their_turn(origin_house: House) -> None:
    with transaction(origin_house.database) as session:
        assert catalog.out(session, tick="1", limit=10) == ["boots"]
        assert catalog.out(session, tick="1", limit=0) == []
        assert catalog.gone(session, "other") == []


def test_credentials_that_were_lost_on_the_way_are_found() -> None:
    """What a resizer or a CDN does to a picture that claims to carry its credentials."""
    body = picture("image/webp")
    signed = FakeSigner().sign(body, "image/webp", CLAIM).body
    beside = {"link": '</images/x.webp.c2pa>; rel="c2pa-manifest"'}
    for sent, more, wrong in (
        (signed, {}, ""),
        (body, beside, ""),
        (body, {}, "they were stripped"),
        (signed.replace(body[-24:-8], bytes(16)), {}, "do not hold"),
    ):
        got = Got(200, {"content-type": "image/webp", **more}, sent, 0.0)
        visits = [Visit(Expected("/images/x.webp", Kind.DERIVATIVE), got, ())] * 2
        told = [finding.message for finding in unvouched(visits, FakeSigner().read)]
        assert [wrong in message for message in told] == ([True] if wrong else []), wrong

"""The origin as strangers meet it: through a real Varnish, with a relay that purges."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import select

from tests.delivery.edge.conftest import QUICK, TOKEN
from tests.delivery.edge.scripted import Client, Said
from tests.delivery.house import House
from tests.provenance import outside
from tests.publication import images
from wetplate.delivery.edge.varnish import Place, free_port, running
from wetplate.delivery.edge.vcl import Edge
from wetplate.delivery.probe.visit import visit
from wetplate.delivery.purging.relay import Relay
from wetplate.delivery.purging.tables import PurgeRow
from wetplate.delivery.purging.varnish import VarnishPurger
from wetplate.delivery.urls import Published, write
from wetplate.derivatives.derive import derive
from wetplate.derivatives.profiles import Credentials
from wetplate.provenance import catalog, public
from wetplate.provenance.adoption import adopt
from wetplate.provenance.arrivals import Arrival
from wetplate.publication import moves
from wetplate.recipes.catalog import register
from wetplate.settings import serving
from wetplate.storage.database import transaction

pytestmark = [
    pytest.mark.xdist_group("origin"),
    pytest.mark.skipif(shutil.which("varnishd") is None, reason="no varnishd here"),
]


@pytest.fixture(scope="module")
def edge(origin_house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    place = Place(tmp_path_factory.mktemp("edge"), free_port())
    relay = Relay(origin_house.database, [VarnishPurger(place.url, TOKEN)], poll=0.1)
    with running(Edge(origin_house.url, TOKEN), place, serving(), **QUICK):
        relay.start()
        yield Client(place.port)
        relay.stop()


def until(ask: Callable[[], Said], status: int, seconds: float = 5) -> float:
    """Seconds until the answer has this status."""
    began = time.monotonic()
    while ask().status != status:
        assert time.monotonic() - began < seconds
        time.sleep(0.002)
    return time.monotonic() - began


def test_a_published_file_comes_from_the_edge_the_second_time(edge: Client, origin_house: House) -> None:
    path = origin_house.path()
    first, second = edge.ask(path + "?cb=1", Cookie="a=b"), edge.ask(path, Range="bytes=0-3")
    assert (first.status, first.headers["content-type"]) == (200, "image/avif")
    assert (second.status, second.hit, second.body) == (206, True, first.body[:4])
    assert edge.ask(path, If_None_Match=first.headers["etag"]).status == 304
    assert first.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=30"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert not {"surrogate-key", "cache-tag", "cdn-cache-control"} & first.headers.keys()


def test_a_signed_address_is_passed_and_never_kept(edge: Client, origin_house: House) -> None:
    path = origin_house.signed(origin_house.draft)
    for _ in range(2):
        said = edge.ask(path)
        assert (said.status, said.cache) == (200, "wetplate-edge; fwd=bypass")
        assert said.headers["cache-control"] == "private, no-store"
    assert edge.ask(path[:-1] + "x").status in (400, 403)


def test_a_format_is_chosen_once_for_all_who_take_the_same(edge: Client, origin_house: House) -> None:
    path = f"/auto/{origin_house.image}/v1/w128"
    accepts = ("image/avif,image/webp,*/*;q=0.8", "image/avif;q=0, image/webp", "text/html", "*/*")
    told = [edge.ask(path, Accept=accept) for accept in accepts]
    assert [said.headers["content-type"] for said in told] == [
        *("image/avif", "image/webp", "image/jpeg", "image/jpeg")
    ]  # fmt: skip
    assert [said.hit for said in told] == [False, False, False, True]
    assert {said.headers["vary"] for said in told} == {"Accept, Save-Data"}


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_operators_ask_the_origin_itself(edge: Client, origin_house: House, path: str) -> None:
    assert edge.ask(path).status == 404
    assert origin_house.client.get(path).status_code == 200


def test_a_probe_finds_nothing_wrong(edge: Client, origin_house: House) -> None:
    report = visit(f"http://127.0.0.1:{edge.port}", "boots", count=6, chance=Random(2))
    assert [str(finding) for finding in report.findings] == []
    assert report.tiers["edge"] >= 3


def test_a_takedown_is_over_at_the_edge_at_once(
    edge: Client, origin_house: House, record_property: Callable[[str, object], None]
) -> None:
    image = origin_house.another()
    kept = [origin_house.path(format, 128, image) for format in ("avif", "webp", "jpeg")]
    kept.append(f"/auto/{image}/v1/w128")
    for path in kept:
        edge.ask(path)
    assert {edge.ask(path).hit for path in kept} == {True}
    origin_house.take_down(image, execute=False)
    took = max(until(lambda path=path: edge.ask(path), 410) for path in kept)  # type: ignore[misc]
    record_property("takedown to 410 at the edge, s", took)
    began = time.monotonic()
    while not verified(origin_house):
        assert time.monotonic() - began < 5
        time.sleep(0.01)


def verified(house: House) -> bool:
    """Whether the newest purge was seen from outside to have worked."""
    with transaction(house.database) as session:
        newest = session.scalars(select(PurgeRow).order_by(PurgeRow.id.desc()).limit(1)).first()
        return newest is not None and newest.verified_at is not None


@pytest.mark.parametrize("path", ["/manifest/a-1.json", "/gallery/a-2", "/gallery/"])
def test_a_list_forgets_a_withdrawn_image_at_once(edge: Client, origin_house: House, path: str) -> None:
    image = origin_house.another(found[0] if (found := re.findall(r"a-\d", path)) else "a-3")
    assert image in edge.ask(path).body.decode()
    assert edge.ask(path).hit
    origin_house.take_down(image, execute=False)
    began = time.monotonic()
    while image in edge.ask(path).body.decode():
        assert time.monotonic() - began < 5
        time.sleep(0.01)


def test_credentials_hold_in_what_is_delivered(edge: Client, origin_house: House) -> None:
    """Derived, stored, served, cached: the library's reader judges the bytes that a stranger gets."""
    signer = outside.ours()
    for number, mode in enumerate(("full", "short", "sidecar")):
        with transaction(origin_house.database) as session:
            image = images.recorded(session, origin_house.objects, number, "vouched")
            profile = replace(images.FIXED, widths=(128,), credentials=Credentials(mode))
            derive(session, origin_house.objects, signer, image, profile)
            moves.publish(session, image, "test")
        for file in origin_house.standing(image).files.values():
            path = write(Published(image, file.name))
            answers = [edge.ask(path), edge.ask(path)]
            assert [said.status for said in answers] == [200, 200]
            beside = edge.ask(path + ".c2pa").body if mode == "sidecar" else None
            for said in answers:
                read = signer.read(said.body, said.headers["content-type"], beside)
                assert read is not None
                assert (read.valid, read.trusted, read.problems) == (True, True, ())
                assert read.manifests == (1 if mode == "short" else 2)
        where = edge.ask(public.address(read.claim.public_id)) if read and read.claim else None
        assert where is not None
        assert json.loads(where.body)["record"]["image"] == image
    assert edge.ask(public.KEYS_ADDRESS).status == 200


def test_so_do_those_of_an_adopted_drawing(edge: Client, origin_house: House) -> None:
    """PNG and lossless WebP, with the chain that began outside."""
    with transaction(origin_house.database) as session:
        register(session, images.family("drawn"))
        arrival = Arrival("a.png", outside.flat(), {"lace": "red"})
        objects = origin_house.objects
        adopt(session, objects, outside.ours(), images.family("drawn"), arrival, "digitalCreation")
        (image,) = outside.approved(session, objects, "drawn")
        derive(
            session, objects, outside.ours(), image, replace(images.FIXED, credentials=Credentials("full"))
        )
        moves.publish(session, image, "test")
    files = origin_house.standing(image).files.values()
    assert {file.format for file in files} == {"png", "webp"}
    for file in files:
        said = edge.ask(write(Published(image, file.name)))
        read = outside.ours().read(said.body, said.headers["content-type"])
        assert read is not None
        assert (read.trusted, read.problems, read.manifests) == (True, (), 2)
        assert read.source_type == "digitalCreation"


def test_a_takedown_reaches_the_record_at_the_edge(edge: Client, origin_house: House) -> None:
    image = origin_house.another()
    with transaction(origin_house.database) as session:
        path = public.address(catalog.recorded(session, image).public_id)
    assert [edge.ask(path).hit for _ in range(2)] == [False, True]
    origin_house.take_down(image)
    began = time.monotonic()
    while b'"withdrawn"' not in edge.ask(path).body:
        assert time.monotonic() - began < 5
        time.sleep(0.01)

"""Transforms over HTTP: on demand, negotiated, signed; and who may have them."""

import io

import httpx
import pytest
from PIL import Image

from tests.delivery.house import House
from wetplate.delivery.urls import OnDemand, write
from wetplate.derivatives.transform import read as transform
from wetplate.publication import moves

pytestmark = pytest.mark.xdist_group("origin")


@pytest.fixture
def origin(origin_house: House) -> House:
    """The running origin."""
    return origin_house


def get(origin: House, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return origin.client.request(method, path, headers=headers)  # type: ignore[return-value]


def demand(image: str, text: str, version: int = 1) -> str:
    return write(OnDemand(image, version, transform(text)))


def auto(image: str, text: str = "w64") -> str:
    return f"/auto/{image}/v1/{text}"


def size(answer: httpx.Response) -> tuple[int, int]:
    return Image.open(io.BytesIO(answer.content)).size


def test_a_transform_is_made_once_and_then_kept(origin: House) -> None:
    path = demand(origin.image, "w64_crop1x1.webp")
    first, again = get(origin, path), get(origin, path)
    assert (first.status_code, size(first), first.headers["content-type"]) == (200, (64, 64), "image/webp")
    assert first.content == again.content
    assert first.headers["etag"] == again.headers["etag"]
    assert "fwd=miss" in first.headers["cache-status"]
    assert "encode;dur=" in first.headers["server-timing"]
    assert again.headers["cache-status"] == "wetplate; hit"
    assert again.headers["surrogate-key"] == f"i-{origin.image[:32]} f-boots"
    assert get(origin, path, **{"If-None-Match": again.headers["etag"]}).status_code == 304
    head = get(origin, path, "HEAD")
    assert (head.headers["content-length"], head.content) == (str(len(again.content)), b"")


def test_another_spelling_is_moved_to_the_one(origin: House) -> None:
    answer = get(origin, f"/images/{origin.image}/v1/crop1x1_w64.webp")
    assert (answer.status_code, answer.headers["location"]) == (308, demand(origin.image, "w64_crop1x1.webp"))


def test_the_format_is_the_best_that_is_named_of_at_most_four(origin: House) -> None:
    accepts = {
        "image/avif,image/webp,*/*": "image/avif",
        "image/avif;q=0,image/webp": "image/webp",
        "image/webp;q=0.9,image/avif;q=0.1": "image/webp",
        "*/*": "image/jpeg",
    }
    tags = set()
    for accept, media_type in accepts.items():
        answer = get(origin, auto(origin.image), Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["vary"] == "Accept, Save-Data"
        named = get(origin, answer.headers["content-location"])
        assert named.headers["etag"] == answer.headers["etag"]
        tags.add(answer.headers["etag"])
    light = get(origin, auto(origin.image), Accept="image/avif", **{"Save-Data": "on"})
    assert light.headers["content-location"].endswith("w64_qlow.avif")
    assert len(tags | {light.headers["etag"]}) == 4


def test_a_signature_opens_a_draft_and_nobody_keeps_it(origin: House) -> None:
    path = origin.signed(origin.draft, "w64.webp")
    answer = get(origin, path, Cookie="a=b", Authorization="Bearer x")
    assert (answer.status_code, size(answer)) == (200, (64, 64))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-site"
    for name in ("access-control-allow-origin", "cdn-cache-control", "surrogate-key", "set-cookie"):
        assert name not in answer.headers
    assert get(origin, demand(origin.draft, "w64.webp")).status_code == 404
    assert origin.origin.service.memory.forget(origin.draft) == 0


def test_news_of_a_takedown_reaches_transforms(origin: House) -> None:
    image = origin.another()
    path = demand(image, "w64.jpg")
    assert get(origin, path).status_code == 200
    origin.take_down(image)
    for address in (path, auto(image), origin.signed(image, "w64.jpg")):
        origin.until(address, 410)
    assert get(origin, demand(image, "w64.jpg", version=3)).status_code == 410


def test_a_version_that_was_never_is_404(origin: House) -> None:
    assert get(origin, demand(origin.image, "w64.jpg", version=9)).status_code == 404


def test_hidden_is_404_and_can_still_be_signed(origin: House) -> None:
    image = origin.another()
    origin.move(moves.unpublish, image)
    origin.until(demand(image, "w64.jpg"), 404)
    assert get(origin, origin.signed(image, "w64.jpg")).status_code == 200

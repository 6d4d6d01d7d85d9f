"""Signed public records over HTTP: what they say, whom they answer, how long they live."""

import json
import re

import pytest

from tests.delivery.house import KEY, House
from tests.publication import images
from wetplate.attestation import jws
from wetplate.canonical.tables import CanonicalRow
from wetplate.provenance import catalog, disclosure, public
from wetplate.publication import moves
from wetplate.storage.database import transaction

pytestmark = pytest.mark.xdist_group("origin")


def public_id(house: House, image: str) -> str:
    with transaction(house.database) as session:
        return catalog.recorded(session, image).public_id


def test_the_record_is_signed_by_a_key_that_is_served(origin_house: House) -> None:
    path = public.address(public_id(origin_house, origin_house.image))
    answer = origin_house.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    served = origin_house.client.get(said["jwks"])
    assert served.headers["content-type"] == "application/jwk-set+json"
    assert jws.verify([KEY], said["jws"], typ=public.TYPE) == said["record"]
    assert [key["kid"] for key in served.json()["keys"]] == [KEY.id]
    assert not {"d", "p", "q"} & set(served.json()["keys"][0])
    token = origin_house.client.get(path + ".jws")
    assert token.headers["content-type"] == "application/jose"
    assert jws.verify([KEY], token.text) == said["record"]
    record = said["record"]
    assert record["status"] == "published"
    assert record["image"] == origin_house.image
    assert record["model"] == {"name": "boots", "licence": "Apache-2.0"}
    assert record["human_reviewed"] is True
    assert record["ai_disclosure"] == {"need": "recommended", "text": "Made by a generative model"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", record["made"])
    manifest = origin_house.client.get("/manifest/boots.json").json()["images"][0]["provenance"]
    assert manifest["record"].endswith(path)


def test_nothing_private_is_in_it(origin_house: House) -> None:
    """Every value of the private record is looked for; what may be public is named here."""
    with transaction(origin_house.database) as session:
        row = catalog.recorded(session, origin_house.image)
        private = catalog.private(row)
        salt, recipe = row.salt, session.get_one(CanonicalRow, origin_house.image).recipe_id
    body = origin_house.client.get(public.address(private["public_id"])).text
    allowed = {"public_id", "canonical_id", "licence", "commercial_use", "source_type", "restrictions"}
    for name, value in private.items():
        if name not in allowed:
            assert json.dumps(value).strip('"') not in body, name
    for secret in (
        salt,
        recipe,
        images.PROMPT,
        "987654321",
        "person:",
        "test",
        "families/",
        "sha256:",
        "T00",
    ):
        assert secret not in re.sub(r'"jws":"[^"]+"', "", body), secret


def test_lives_and_tags(origin_house: House) -> None:
    path = public.address(public_id(origin_house, origin_house.image))
    answer = origin_house.client.get(path)
    assert answer.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=30"
    assert answer.headers["cdn-cache-control"] == "public, max-age=60, stale-while-revalidate=60"
    assert f"i-{origin_house.image[:32]}" in answer.headers["surrogate-key"].split()
    again = origin_house.client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    keys = origin_house.client.get(public.KEYS_ADDRESS)
    assert keys.headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/provenance/" + "0" * 32, 404),
        ("/provenance/" + "0" * 32 + ".jws", 404),
        ("/provenance/" + "0" * 31, 400),
        ("/provenance/" + "Z" * 32, 400),
        ("/provenance/" + "0" * 32 + "?x=1", 400),
        ("/provenance/", 404),
        ("/.well-known/other.json", 404),
    ],
)
def test_what_is_no_record(origin_house: House, path: str, status: int) -> None:
    answer = origin_house.client.get(path)
    assert answer.status_code == status
    assert "max-age" not in answer.headers["cache-control"]


def test_a_draft_has_none_and_a_hidden_one_has_none_for_now(origin_house: House) -> None:
    assert (
        origin_house.client.get(public.address(public_id(origin_house, origin_house.draft))).status_code
        == 404
    )
    image = origin_house.another()
    path = public.address(public_id(origin_house, image))
    assert origin_house.client.get(path).status_code == 200
    origin_house.move(moves.unpublish, image)
    origin_house.until(path, 404)


def test_what_was_taken_down_says_so(origin_house: House) -> None:
    image = origin_house.another()
    path = public.address(public_id(origin_house, image))
    assert origin_house.client.get(path).json()["record"]["status"] == "published"
    origin_house.take_down(image)
    origin_house.until(f"/images/{image}/v1/w128.avif", 410)
    said = origin_house.client.get(path)
    assert said.status_code == 200
    assert jws.verify([KEY], said.json()["jws"])["status"] == "withdrawn"


def test_a_draft_that_was_taken_down_was_never_anybodys_business(origin_house: House) -> None:
    with transaction(origin_house.database) as session:
        image = images.derived(session, origin_house.objects, 0, "never-out")
        moves.take_down(session, image, "test", "privacy")
    assert origin_house.client.get(public.address(public_id(origin_house, image))).status_code == 404


def test_a_decision_reaches_record_and_manifest(origin_house: House) -> None:
    image = origin_house.another("told")
    with transaction(origin_house.database) as session:
        disclosure.say(session, image, "required", ["product"], "Picture made by AI", "person:p1")
    said = {"need": "required", "text": "Picture made by AI"}
    path = public.address(public_id(origin_house, image))
    assert origin_house.client.get(path).json()["record"]["ai_disclosure"] == said
    assert origin_house.client.get("/manifest/told.json").json()["images"][0]["ai_disclosure"] == said
    assert "Picture made by AI." in origin_house.client.get(f"/gallery/told/{image}").text
    assert "p1" not in origin_house.client.get(path).json()["record"]

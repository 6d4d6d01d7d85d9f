"""The manifest: its schema, its words, its pages, and who is in it."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.delivery import manifest, urls
from wetplate.delivery.urls import OnDemand, Published
from wetplate.derivatives.transform import read as transform
from wetplate.errors import NotServed, UnknownFamily
from wetplate.publication import moves
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

SCHEMA = json.loads(manifest.schema())
VALID = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


@pytest.fixture(scope="module")
def family(module_database: Engine) -> list[str]:
    """Three published images of one family."""
    with transaction(module_database) as session:
        return [images.published(session, MemoryObjects(), number) for number in range(3)]


@pytest.fixture
def session(module_database: Engine, family: list[str]) -> Iterator[Session]:
    """A transaction over them that is rolled back."""
    with Session(module_database) as session:
        yield session


def page(session: Session, start: int = 0, base: str = "") -> dict[str, Any]:
    """As a reader gets it: through its bytes, and valid."""
    made = json.loads(manifest.written(manifest.page(session, "boots", start, base)))
    VALID.validate(made)
    return made  # type: ignore[no-any-return]


def test_the_schema_is_one_and_refuses_what_it_should(session: Session) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = page(session)
    for wrong in ({"manifest": 2}, {"images": [{}]}, {"next": 5}, {"prompt": "x"}):
        assert not VALID.is_valid(good | wrong)


def test_what_it_says_of_an_image(session: Session, family: list[str]) -> None:
    said = page(session)
    assert (said["family"], said["title"], said["attributes"]) == (
        "boots",
        "Boots",
        {"lace": ["white", "black", "red"]},
    )
    assert said["licence"] == {
        "expression": "Apache-2.0",
        "commercialUse": "yes",
        "restrictions": ["no hats"],
    }
    told = said["images"][0]
    assert (told["id"], told["version"], told["variant"]) == (family[0], 1, {"lace": "white"})
    assert (told["alt"], told["width"], told["height"]) == ("boot with white laces", 128, 128)
    assert [source["type"] for source in told["sources"]] == ["image/avif", "image/webp", "image/jpeg"]
    assert told["disclosure"] == {
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "text": "Made by a generative model",
    }
    assert len(base64.b64decode(told["placeholder"]["thumbhash"])) >= 5


def test_nothing_private_is_in_it(session: Session) -> None:
    text = manifest.written(manifest.page(session, "boots")).decode()
    for secret in (images.PROMPT, "ugly", "987654321", "person:test"):
        assert secret not in text


@pytest.mark.parametrize("base", ["", "https://cdn.test"])
def test_its_addresses_are_the_origins(session: Session, family: list[str], base: str) -> None:
    image, told = family[0], page(session, base=base)["images"][0]
    for path in (told["src"], told["provenance"]["manifest"]):
        assert isinstance(urls.parse(path.removeprefix(base)), Published)
    for source in told["sources"]:
        for candidate in source["srcset"].split(", "):
            address, width = candidate.split(" ")
            parsed = urls.parse(address.removeprefix(base))
            assert isinstance(parsed, Published)
            assert f"-{width[:-1]}." in parsed.name
    asked = told["onDemand"].format(width=320, ext="jpg").removeprefix(base)
    assert urls.parse(asked) == OnDemand(image, 1, transform("w320.jpg"))


def test_only_what_may_be_shown_is_in_it(session: Session, family: list[str]) -> None:
    assert [each["id"] for each in page(session)["images"]] == family
    moves.take_down(session, family[0], "test", "privacy")
    moves.unpublish(session, family[1], "test")
    moves.supersede(session, family[2], "test", family[1])
    assert page(session)["images"] == []


def test_the_same_rows_give_the_same_bytes(session: Session) -> None:
    once, again = (manifest.written(manifest.page(session, "boots")) for _ in range(2))
    assert once == again


def test_pages_are_blocks_that_do_not_move(
    session: Session, family: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "PER_PAGE", 1)
    first, second, third = family
    assert [page(session, n)["next"] for n in range(3)] == [
        "/manifest/boots/1.json",
        "/manifest/boots/2.json",
        None,
    ]
    before = manifest.written(manifest.page(session, "boots", 2))
    moves.take_down(session, second, "test", "privacy")
    assert page(session)["next"] == "/manifest/boots/2.json"
    assert [each["id"] for n in range(3) for each in page(session, n)["images"]] == [first, third]
    assert manifest.written(manifest.page(session, "boots", 2)) == before


def test_a_family_ends(session: Session, family: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PER_PAGE", 1)
    moves.take_down(session, family[2], "test", "privacy")
    assert page(session, 2)["images"] == []  # its place is still the family's
    for start in (3, 256, 999_999_999):
        with pytest.raises(NotServed, match="ends before this page"):
            manifest.page(session, "boots", start)


def test_a_family_nobody_knows(session: Session) -> None:
    with pytest.raises(UnknownFamily):
        manifest.page(session, "hats")

"""The snippet shows the addresses that the origin answers."""

import re

import pytest
from sqlalchemy.orm import Session

from tests.publication import images
from wetplate.delivery import urls
from wetplate.delivery.urls import Published
from wetplate.derivatives import catalog as files
from wetplate.errors import NeverPublished
from wetplate.publication import moves
from wetplate.publication.snippet import snippet
from wetplate.storage.memory import MemoryObjects

ADDRESS = re.compile(r"(https://cdn\.test)?(/[^ \",]+)")


@pytest.mark.parametrize("base", ["", "https://cdn.test"])
def test_every_address_is_one_of_the_origin(session: Session, objects: MemoryObjects, base: str) -> None:
    image = images.published(session, objects)
    html = snippet(session, image, base)
    served = {urls.write(Published(image, file.name)) for file in files.standing(session, image)}
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', html)
    found = {address[0] + address[1] for each in shown for address in ADDRESS.findall(each)}
    assert found == {base + path for path in served}


def test_what_is_not_published_has_none(session: Session, objects: MemoryObjects) -> None:
    image = images.published(session, objects)
    moves.unpublish(session, image, "test")
    with pytest.raises(NeverPublished, match="publish it first"):
        snippet(session, image)

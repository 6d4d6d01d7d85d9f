"""The door of `make dev` and `make demo`: what is started, where a person is sent, what is fetched."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipelines import door
from tests.delivery.house import house, served
from wetplate.errors import DeliveryError
from wetplate.settings import serving


def test_an_edge_stands_in_front_where_it_can(tmp_path: Path) -> None:
    varnish = tmp_path / "varnishd"
    varnish.touch(0o755)
    how = replace(serving(), varnishd=str(varnish), origin_url="http://127.0.0.1:4002")
    assert door.gallery(how) == "http://127.0.0.1:3003/gallery/"
    assert door.purgers(how) == "varnish=http://127.0.0.1:3003"
    assert [line[1:] for line in door.lines(how)] == [
        ["serve", "--port", "4002"],
        ["edge", "--port", "3003", "--origin", "http://127.0.0.1:4002"],
    ]
    assert door.purgers(replace(how, purgers="fastly=abc")) == "fastly=abc"


def test_without_varnish_the_origin_is_the_door() -> None:
    how = replace(serving(), varnishd="/nowhere/varnishd")
    assert door.gallery(how) == "http://127.0.0.1:3002/gallery/"
    assert door.purgers(how) == ""
    assert [line[1] for line in door.lines(how)] == ["serve"]


def test_a_look_through_the_door(database: Engine) -> None:
    with house(database) as one, served(one.origin) as url:
        path, file = one.path(), one.file()
        seen = door.look(url, "boots")
        assert seen is not None
        assert (seen.status, seen.path) == (200, path)
        assert seen.bytes == file.bytes
        assert f'etag: "{file.sha256}"' in seen.text
        assert "content-type: image/avif" in seen.text
        one.take_down(one.image)
        one.until(path, 410)
        assert door.look(url, "boots") is None
        with pytest.raises(DeliveryError, match="404"):
            door.look(url, "hats")

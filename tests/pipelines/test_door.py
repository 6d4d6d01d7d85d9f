"""The door of `make dev` and `make demo`: what is started, where a person is sent, what is fetched."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipelines import door
from tests.delivery.house import RING, configured, served
from tests.delivery.stock import stock
from wetplate.delivery.app import app
from wetplate.errors import DeliveryError
from wetplate.publication import moves
from wetplate.review import accounts, passwords
from wetplate.settings import reviewing, serving, settings
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects


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


def test_the_console_is_entered_with_a_password_that_is_told_once(database: Engine) -> None:
    how, now = replace(reviewing(), personal_key="ab" * 32), settings()
    assert door.console(how)[1:] == ["review", "serve", "--port", "3004"]
    told = door.first_account(database, how, now)
    assert told.startswith("sign in as [bold]admin[/bold], password [bold]")
    assert door.first_account(database, how, now) == ""
    with transaction(database) as session:
        [row] = accounts.listed(session)
        assert row.role == "admin"
        assert row.password
        assert passwords.fits(row.password, told.split("[bold]")[2].split("[/bold]")[0])


def test_nobody_is_made_where_a_provider_says_who_comes_in(database: Engine) -> None:
    how = replace(reviewing(), oidc_issuer="https://id.example")
    assert door.first_account(database, how, settings()) == ""


def test_without_varnish_the_origin_is_the_door() -> None:
    how = replace(serving(), varnishd="/nowhere/varnishd")
    assert door.gallery(how) == "http://127.0.0.1:3002/gallery/"
    assert door.purgers(how) == ""
    assert [line[1] for line in door.lines(how)] == ["serve"]


def test_a_look_through_the_door(database: Engine, objects: MemoryObjects) -> None:
    with transaction(database) as session:
        [image] = stock(session, objects, "boots", {"lace": ["white"]})
    with served(app(database, objects, configured(), RING)) as url:
        seen = door.look(url, "boots")
        assert seen is not None
        assert seen.path.startswith(f"/images/{image}/")
        assert seen.status == 200
        assert seen.bytes == int(seen.headers["content-length"])
        assert "content-type: image/avif" in seen.text
        with pytest.raises(DeliveryError, match="404"):
            door.look(url, "hats")
        with transaction(database) as session:
            moves.take_down(session, image, "test", "privacy")
        while _shown(url):
            time.sleep(0.01)


def test_an_origin_that_does_not_get_ready_says_which_check_fails(
    database: Engine, objects: MemoryObjects
) -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    deaf = app(database, objects, configured(staleness=-1), RING)
    said = r"did not start: .*503.*; news: no news of takedowns"
    with served(deaf) as url, pytest.raises(DeliveryError, match=said):
        door.wait(ended, url)


def _shown(url: str) -> bool:
    """Whether anything is listed; between list and picture the takedown may be heard."""
    try:
        return door.look(url, "boots") is not None
    except DeliveryError as refused:
        if "410" not in str(refused):
            raise
        return True

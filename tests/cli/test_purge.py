"""`wetplate purge`: an image, a family, what is owed; and the purge that a takedown brings."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from tests.publication import images
from wetplate.cli.purge import command
from wetplate.cli.takedown import command as takedown
from wetplate.errors import PurgeFailed, SettingError
from wetplate.settings import settings
from wetplate.storage.database import transaction
from wetplate.storage.stores import open_objects

TOKEN = "a-token-of-sixteen"


class Desk(BaseHTTPRequestHandler):
    """An edge that counts every tag as one object, and knows no image."""

    protocol_version = "HTTP/1.1"
    tags: list[str]
    failing: bool

    def do_PURGE(self) -> None:
        told = self.headers["xkey"].split(" ")
        allowed = self.headers["X-Wetplate-Token"] == TOKEN and not type(self).failing
        type(self).tags += told if allowed else []
        self._answer(200 if allowed else 403, json.dumps({"purged": len(told)}).encode())

    def do_HEAD(self) -> None:
        self._answer(410, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Desk]]:
    Desk.tags, Desk.failing = [], False
    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("WETPLATE_PURGERS", f"varnish=http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("WETPLATE_PURGE_TOKEN", TOKEN)
        yield Desk
        server.shutdown()
        thread.join()


@pytest.fixture
def image(database: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A published image in the catalog that the commands open."""
    monkeypatch.setenv("WETPLATE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    with transaction(database) as session:
        return images.published(session, open_objects(settings().objects_url, settings()))


def say(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_an_image_a_family_and_a_takedown(image: str, edge: type[Desk]) -> None:
    assert "1 objects forgotten" in say(image[:10]).output
    assert "1 objects forgotten" in say("--family", "boots").output
    assert edge.tags == [f"i-{image[:32]}", "f-boots"]
    assert "0 purged" in say("--pending").output

    said = CliRunner().invoke(takedown, [image, "--reason", "privacy"], catch_exceptions=False).output
    assert "caches: every cache has forgotten it" in said
    assert edge.tags[2:] == [f"i-{image[:32]}", "m-boots"]

    edge.failing = True
    with pytest.raises(PurgeFailed, match="403"):
        say(image)


def test_what_is_still_owed_is_said(image: str, edge: type[Desk]) -> None:
    edge.failing = True
    said = CliRunner().invoke(takedown, [image, "--reason", "privacy"], catch_exceptions=False)
    assert said.exit_code == 0
    assert "1 purges are still owed" in said.output
    assert "403" in said.output
    with pytest.raises(PurgeFailed, match="1 purges are still owed"):
        say("--pending")


def test_without_a_cache_there_is_nothing_to_purge() -> None:
    assert "WETPLATE_PURGERS" not in os.environ
    with pytest.raises(SettingError, match="WETPLATE_PURGERS"):
        say("--pending")


@pytest.mark.parametrize("words", [[], ["abc", "--pending"], ["--family", "x", "--pending"]], ids=str)
def test_one_thing_at_a_time(words: list[str]) -> None:
    said = CliRunner().invoke(command, words)
    assert said.exit_code == 2
    assert "name an IMAGE" in said.output

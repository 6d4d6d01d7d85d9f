"""The contact sheets in a real browser: what is out is shown, what was taken down is an empty frame."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine, select

from tests.browser.conftest import CHROMIUM
from tests.lifecycle.stand_ins import write_family
from tests.lifecycle.walk import approve_all, walk
from wetplate.canonical.tables import CanonicalRow
from wetplate.delivery.preview import app
from wetplate.publication import moves
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("shop"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]


@pytest.fixture
def site(database: Engine, objects: MemoryObjects, tmp_path: Path) -> Iterator[str]:
    """The preview service on loopback, with a family of two published boots behind it."""
    write_family(tmp_path, "boots", ["white", "black"])
    walk(database, objects, tmp_path, "boots")
    approve_all(database, "boots")
    walk(database, objects, tmp_path, "boots")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        served = uvicorn.Server(uvicorn.Config(app(database, objects), log_level="error", lifespan="off"))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]})
        thread.start()
        while not served.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        served.should_exit = True
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def shown(page: Page, url: str) -> tuple[int, int]:
    """Opens a picture; gives its decoded size."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    size = page.evaluate("() => [document.images[0].naturalWidth, document.images[0].naturalHeight]")
    return size[0], size[1]


def test_a_person_opens_the_sheets(site: str, page: Page, database: Engine) -> None:
    page.goto(site)
    assert page.get_by_role("link", name="published").count() == 1
    page.get_by_role("link", name="verdicts").click()
    assert page.evaluate("() => document.images[0].naturalWidth") > 200
    two = shown(page, f"{site}/families/boots/published.webp")
    with transaction(database) as session:
        taken = session.scalars(select(CanonicalRow.id)).first()
        assert taken is not None
        moves.take_down(session, taken, "tester", "trademark")
    one = shown(page, f"{site}/families/boots/published.webp")
    assert one[0] < two[0]


def test_what_is_not_there_is_said(site: str, page: Page) -> None:
    for path, word in (("/families/clogs/published.webp", "boots"), ("/families/boots/x.webp", "no stage")):
        answer = page.goto(site + path)
        assert answer is not None
        assert answer.status == 404
        assert word in page.inner_text("body")

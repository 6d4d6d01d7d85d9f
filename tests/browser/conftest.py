"""A Chromium for the tests of a module, and a shop: a running origin with a stocked family.

Playwright keeps an event loop running in the thread of the tests for as long as it is open: it must be closed
before any other test wants one of its own. So all tests that drive a browser stay together.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, create_engine

from tests.browser.office import DEVICES as DEVICES
from tests.browser.office import office as office
from tests.browser.office import premises as premises
from tests.conftest import NUMBERS, TEMPLATE
from tests.delivery.house import RING, WRAPPING, configured, served
from tests.delivery.stock import stock
from wetplate.delivery.app import app
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction
from wetplate.storage.memory import MemoryObjects

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
#: Adds up what moved, from before the first paint on.
MOVED = """
window.moved = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.moved += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""

Open = Callable[..., AbstractContextManager[Page]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "node: installs from npm; run with -m node")


@dataclass(frozen=True)
class Shop:
    """An origin with twelve published pictures of 640 pixels, in a database of its own."""

    url: str
    database: Engine
    images: list[str]


@pytest.fixture(scope="session")
def shop(postgres_server: Server) -> Iterator[Shop]:
    name = f"shop_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    database, objects = create_engine(postgres_server.url("app", name)), MemoryObjects()
    with transaction(database) as session:
        laces = ["white", "black", "red", "blue", "green", "pink"]
        images = stock(session, objects, "boots", {"lace": laces, "sole": ["white", "gum"]}, side=640)
    with served(app(database, objects, configured(), RING, wrapping=WRAPPING)) as url:
        yield Shop(url, database, images)
    database.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def device(browser: Browser) -> Open:
    """Opens a page as one of DEVICES has it. What the page complains of in its console fails the test."""

    @contextmanager
    def opened(name: str, **said: Any) -> Iterator[Page]:
        width, height, scale = DEVICES[name]
        context = browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale, **said
        )
        complaints: list[str] = []
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page
            assert not complaints
        finally:
            context.close()

    return opened

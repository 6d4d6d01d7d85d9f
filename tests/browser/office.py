"""The console as people have it before them: a running server, a browser for each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import create_engine, update

from tests.conftest import NUMBERS, TEMPLATE
from tests.review.people import signed_in
from tests.review.stage import Stage, running, stage
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Role
from wetplate.storage import postgres
from wetplate.storage.cluster import Server
from wetplate.storage.database import transaction

SIDE = 128
DEVICES = {"phone": (390, 844, 3), "tablet": (820, 1180, 2), "desktop": (1440, 900, 1)}


@dataclass(frozen=True)
class Office:
    """A running console."""

    url: str
    made: Stage
    browser: Browser

    @contextmanager
    def somebody(
        self, role: Role = Role.REVIEWER, device: str = "desktop", quiet: bool = True, **said: Any
    ) -> Iterator[Page]:
        """A page of a browser of their own. What it complains of fails the test, blocked content too."""
        width, height, scale = DEVICES[device]
        size = {"width": width, "height": height}
        context = self.browser.new_context(viewport=size, device_scale_factor=scale, **said)
        context.add_cookies([signed_in(self.made.database, role, url=self.url).cookie(self.url)])
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page
            assert not quiet or not complaints
        finally:
            context.close()

    def take(self, page: Page, name: str) -> None:
        """Take the task of this name."""
        page.goto(f"{self.url}/task/{self.made.tasks[name]}")
        page.get_by_role("button", name="Take this one").click()
        page.wait_for_load_state()

    def task(self, name: str) -> TaskRow:
        with transaction(self.made.database) as session:
            return tasks.get(session, self.made.tasks[name])

    def change(self, name: str, **columns: Any) -> None:
        with transaction(self.made.database) as session:
            session.execute(update(TaskRow).where(TaskRow.id == self.made.tasks[name]).values(**columns))


@pytest.fixture(scope="module")
def premises(postgres_server: Server) -> Iterator[tuple[str, Stage]]:
    name = f"office_{next(NUMBERS)}"
    postgres.create_database(postgres_server, name, "owner", TEMPLATE)
    database = create_engine(postgres_server.url("app", name))
    made = stage(database, SIDE)
    with running(made, undo_seconds=60) as url:
        yield url, made
    database.dispose()


@pytest.fixture
def office(premises: tuple[str, Stage], browser: Browser) -> Office:
    """Nobody holds anything when a test begins."""
    url, made = premises
    with transaction(made.database) as session:
        session.execute(update(TaskRow).values(skipped={}, **tasks.IDLE))
    return Office(url, made, browser)

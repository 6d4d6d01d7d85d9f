"""Reviewers for tests: an account of a role, a session of it, a client that is signed in.

client = signed_in_client(console, database, Role.SENIOR)      # in process, behind the gate
client.post("/task/1/decide", data={"csrf": client.csrf, ...})

context.add_cookies([signed_in(database, Role.SENIOR).cookie(url)])    # a real browser
"""

import atexit
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import Engine
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from wetplate.retention.personal import Wrapping
from wetplate.review import accounts, cookies, sessions
from wetplate.review.access import Role
from wetplate.settings import Reviewing, reviewing
from wetplate.storage.database import now, transaction

URL = "http://127.0.0.1:3004"
PASSWORD = "seven brown plates in a box"
#: A hash takes 0.1 ms instead of 40.
HASHER = PasswordHasher.from_parameters(CHEAPEST)
WRAPPING = Wrapping((b"k" * 32,))
NUMBERS = count(1)


@dataclass(frozen=True)
class SignedIn:
    """Somebody who is signed in."""

    id: str
    token: str
    csrf: str

    def cookie(self, url: str) -> Any:
        """For Playwright's `add_cookies`."""
        name = cookies.session(console_settings(url=url))
        return {"name": name, "value": self.token, "url": url}


def console_settings(**said: Any) -> Reviewing:
    """The settings of a console; `url` is the one tests ask under."""
    return replace(reviewing(), **{"url": URL, **said})


def add(database: Engine, role: Role, name: str | None = None) -> str:
    """An account with PASSWORD; its pseudonym."""
    with transaction(database) as session:
        return accounts.add(
            session, name or f"somebody-{next(NUMBERS)}", role, PASSWORD,
            actor="test", wrapping=WRAPPING, hasher=HASHER,
        ).id  # fmt: skip


def signed_in(database: Engine, role: Role, reviewer: str | None = None, **said: Any) -> SignedIn:
    """A session of this reviewer, or of a new one with this role; `said` replaces settings."""
    reviewer, settings = reviewer or add(database, role), console_settings(**said)
    with transaction(database) as session:
        token = sessions.begin(session, reviewer, settings, now())
        found = sessions.find(session, token, settings, now())
        assert found is not None
        return SignedIn(reviewer, token, found.person.csrf)


class Client(TestClient):
    """A browser at the console: says where it comes from, follows no redirect; `who` is signed in."""

    def __init__(self, app: ASGIApp, who: SignedIn | None = None, url: str = URL) -> None:
        super().__init__(app, base_url=url, headers={"Origin": url}, follow_redirects=False)
        self.who, self.portal = who, _portal()
        if who:
            self.cookies.set(cookies.session(console_settings(url=url)), who.token)

    @property
    def csrf(self) -> str:
        """The token for forms."""
        assert self.who is not None
        return self.who.csrf


@cache
def _portal() -> BlockingPortal:
    """One event loop for all clients: one per request, with its threads, takes longer than the request."""
    running = start_blocking_portal("asyncio")
    atexit.register(running.__exit__, None, None, None)
    return running.__enter__()


def signed_in_client(app: ASGIApp, database: Engine, role: Role, url: str = URL) -> Client:
    """A client of somebody with this role."""
    return Client(app, signed_in(database, role, url=url), url)

"""The review console as an application: every route in one place, the gate before all of them.

Here: putting together, and making decisions count when their time to undo is over. Not here: anything a route
does. `app` reads no environment; `from_environment` does, for uvicorn to import.
"""

import asyncio
import logging
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from argon2 import PasswordHasher
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from wetplate.errors import WetplateError
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.review import counting, disclosures, passwords
from wetplate.review.gate import Gate
from wetplate.review.pages.endpoint import Desk, handlers, refuse
from wetplate.review.pages.files import Files
from wetplate.review.pages.rendering import Pages
from wetplate.review.pages.routes import routes, sign_in
from wetplate.review.signin.routes import routes as signing_in
from wetplate.settings import Reviewing, reviewing, serving, settings
from wetplate.storage.database import catalog_url, engine, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.stores import open_objects

EVERY = 1.0  # seconds between two looks for decisions that count now
SELDOM = 10  # times as long between two looks for records that disclosures waited for
log = logging.getLogger(__name__)


class Console(Starlette):
    """Starlette with the gate before it; `desk` is what its routes share."""

    desk: Desk
    proxies: str

    def build_middleware_stack(self) -> ASGIApp:
        desk = self.desk
        made = super().build_middleware_stack()
        return Gate(made, desk.database, desk.reviewing, refuse=refuse(desk.pages), proxies=self.proxies)


def app(
    database: Engine,
    objects: Objects,
    reviewing: Reviewing,
    wrapping: Wrapping,
    *,
    proxies: str = "127.0.0.1",
    hasher: PasswordHasher = passwords.HASHER,
    every: float = EVERY,
) -> Console:
    """The console over this catalog and this store; `wrapping` opens personal fields.

    `proxies` are the addresses whose X-Forwarded-For is believed.
    """
    files = Files()
    desk = Desk(database, objects, reviewing, wrapping, Pages(files.url))
    signed = signing_in(database, reviewing, wrapping, draw=sign_in(desk), hasher=hasher)
    made = Console(
        routes=[Route("/health", _alive), files.route(), *signed, *routes(desk)],
        exception_handlers=handlers(refuse(desk.pages)),
        lifespan=_lifespan(desk, every),
    )
    made.router.redirect_slashes = False
    made.desk, made.proxies = desk, proxies
    return made


def from_environment() -> Console:
    """The console of the environment as it is now."""
    now, how = settings(), reviewing()
    kept = personal.wrapping(how, now.var)
    objects = open_objects(now.objects_url, now)
    return app(engine(catalog_url(now)), objects, how, kept, proxies=serving().trusted_proxies)


async def _alive(request: object) -> PlainTextResponse:
    return PlainTextResponse("ok\n")


def _lifespan(desk: Desk, every: float) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        chores = [
            asyncio.create_task(_keep(count, desk, every)),
            asyncio.create_task(_keep(disclose, desk, every * SELDOM)),
        ]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    return lifespan


async def _keep(chore: Callable[[Desk], None], desk: Desk, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await to_thread(chore, desk)
        except WetplateError as error:
            log.warning("what is due waits a little longer: %s", error)
        except Exception:  # a fault of ours stops this look, never the next one
            log.exception("what is due waits a little longer, for a fault of ours")


def count(desk: Desk) -> None:
    """Make every decision count whose time to undo is over."""
    for each in counting.count(desk.database, desk.objects):
        if each.refusal:
            log.warning("task %s: %s does not count: %s", each.task, each.decision, each.refusal)


def disclose(desk: Desk) -> None:
    """Put in force what approvals said of images that have a record by now."""
    with transaction(desk.database) as session:
        disclosures.settle(session)

"""The edge between HTTP and the pages: reads the person and the form, opens the transaction, answers.

Here: what every endpoint does alike. Not here: what a page shows, what a form does; the gate before all of
them (`wetplate.review.gate`).

Rules:
1. One transaction per request, committed when the answer is made, or all that pixels are made of is known; a
   refusal commits nothing.
2. A refusal is a page that says what was wrong and what to do. A script gets one line of text.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from wetplate.errors import ImageUnknown, SignInRequired, WetplateError
from wetplate.retention.personal import Wrapping
from wetplate.review import access, refusals
from wetplate.review.access import Person, Role
from wetplate.review.pages import advice, chrome
from wetplate.review.pages.rendering import Pages
from wetplate.settings import Reviewing
from wetplate.storage.database import clock, transaction
from wetplate.storage.objects import Objects

#: Ids and numbers of holds are integers of four bytes in the catalog.
LARGEST = 2**31 - 1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What all endpoints share; `wrapping` opens personal fields."""

    database: Engine
    objects: Objects
    reviewing: Reviewing
    wrapping: Wrapping
    pages: Pages

    def html(
        self, session: Session, asked: "Asked", template: str, said: Mapping[str, Any], status: int = 200
    ) -> Response:
        """A page with everything that stands around it."""
        around = chrome.around(session, asked.who, asked.request.url.path, asked.now)
        return HTMLResponse(self.pages.render(template, {**around, **said}), status)


@dataclass(frozen=True)
class Asked:
    """Who asks for what, and when: by the clock that all consoles share."""

    who: Person
    request: Request
    now: datetime

    def number(self, name: str = "id") -> int:
        """A number in the path. Raises ImageUnknown for one that nothing of ours can have."""
        found = int(self.request.path_params[name])
        if found > LARGEST:
            raise ImageUnknown("nothing stands under this address")
        return found

    def word(self, name: str) -> str:
        """A word in the path."""
        return str(self.request.path_params[name])


#: An answer that is made when the transaction is over: nobody waits for our connection while a store does.
Later = Callable[[], Response]
Answer = Callable[[Desk, Session, Asked], Response | Later]
Do = Callable[[Desk, Session, Asked, FormData], Response]
#: Shows the page again with what was refused in its form; raises what it cannot show.
Again = Callable[[Desk, Session, Asked, FormData, WetplateError], Response]


def shows(desk: Desk, answer: Answer, least: Role = Role.VIEWER) -> Callable[[Request], Response]:
    """An endpoint that reads. It runs in a thread."""

    def endpoint(request: Request) -> Response:
        who = access.person(request)
        access.require(who, least)
        with transaction(desk.database) as session:
            found = answer(desk, session, Asked(who, request, clock(session)))
        return found if isinstance(found, Response) else found()

    return endpoint


def does(
    desk: Desk, do: Do, least: Role = Role.VIEWER, again: Again | None = None
) -> Callable[[Request], Any]:
    """An endpoint that takes a form and changes something."""

    def in_thread(who: Person, request: Request, form: FormData) -> Response:
        try:
            with transaction(desk.database) as session:
                return do(desk, session, Asked(who, request, clock(session)), form)
        except WetplateError as refusal:
            if again is None or not refusals.navigates(request):
                raise
            with transaction(desk.database) as session:
                return again(desk, session, Asked(who, request, clock(session)), form, refusal)

    async def endpoint(request: Request) -> Response:
        async with request.form() as form:
            who = access.checked(request, form)
            access.require(who, least)
            return await run_in_threadpool(in_thread, who, request, form)

    return endpoint


def to(path: str) -> Response:
    """On to another page, by GET."""
    return RedirectResponse(path, 303)


def refuse(pages: Pages) -> refusals.Refuse:
    """How a refusal is answered: for the application's handlers and for the gate."""

    def refused(request: Request, error: Exception) -> Response:
        who = getattr(request.state, "person", None)
        if type(error) is SignInRequired or not refusals.navigates(request):
            return refusals.refused(request, error)
        said = advice.of(error if isinstance(error, WetplateError) else advice.Fault())
        shown = chrome.bare(who) | said | {"status": refusals.status(error)}
        return HTMLResponse(pages.render("refused", shown), shown["status"], refusals.headers(error))

    return refused


def handlers(refused: refusals.Refuse) -> dict[Any, Any]:
    """The application's exception handlers."""

    def unknown(request: Request, error: HTTPException) -> Response:
        return refused(request, ImageUnknown("nothing stands under this address"))

    def fault(request: Request, error: Exception) -> Response:
        answer = refused(request, error)
        answer.status_code = 500
        return answer

    return {WetplateError: refused, HTTPException: unknown, Exception: fault}

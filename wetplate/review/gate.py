"""The gate: what stands between a request and every page of the console. Closed unless said otherwise.

Wrap the application in it, outside of everything else, so that its own errors carry the headers too:

    class Console(Starlette):
        def build_middleware_stack(self) -> ASGIApp:
            return Gate(super().build_middleware_stack(), database, reviewing, refuse=pages.refused)

A page then reads `access.person(request)`, asks `access.require(...)`, puts `person.csrf` into each form as
the field `csrf`, and may take for granted what follows.

Rules, in the order in which they are asked:
1. The Host is that of WETPLATE_REVIEW_URL: no other name leads here (DNS rebinding).
2. What changes something comes from a page of ours, by the browser's word; nobody embeds what we have.
3. Whoever is not signed in sees the paths in OPEN and nothing else.
4. A body has at most `largest` bytes. It is read here, whole, and handed on.
5. Of a session, so many posts a minute (`throttles`).
6. A post carries the token of its session, in the field `csrf` or, from a script, in `X-CSRF-Token`. Paths in
   OPEN check a token of their own.
7. Every answer carries the headers of `headers`.
"""

from collections.abc import Sequence

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wetplate.delivery.transforms.clients import client, trusted
from wetplate.errors import ForgedRequest, FormRefused, HostRefused, SignInRequired, WetplateError
from wetplate.review import cookies, csrf, headers, sessions
from wetplate.review.refusals import Refuse, refused
from wetplate.review.sessions import Found
from wetplate.review.throttles import Throttles
from wetplate.settings import Reviewing
from wetplate.storage.database import now, transaction

#: Paths that need no session: themselves, and what lies below them.
OPEN = ("/sign-in", "/static", "/health")
LARGEST = 64 * 1024
FORGED = (
    "this form is not from a page of yours, or you signed in again meanwhile: open the page anew and repeat"
)


class Gate:
    """ASGI: lets a request pass, or answers with the refusal as `refuse` draws it."""

    def __init__(
        self, app: ASGIApp, database: Engine, reviewing: Reviewing, *, refuse: Refuse = refused,
        proxies: str = "127.0.0.1", throttles: Throttles | None = None, opened: Sequence[str] = OPEN,
        largest: int = LARGEST,
    ) -> None:  # fmt: skip
        self.app, self._database, self._reviewing, self._refuse = app, database, reviewing, refuse
        self._proxies, self._throttles = trusted(proxies), throttles or Throttles()
        self._opened, self._largest = tuple(opened), largest
        self._origin = csrf.origin(reviewing.url)
        self._host = self._origin.partition("://")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        sending = headers.sealed(send, scope["path"], https=self._origin.startswith("https:"))
        request = Request(scope, receive)
        try:
            receive = await self._admitted(request)
        except WetplateError as refusal:
            answer = await run_in_threadpool(self._refuse, request, refusal)
            return await answer(scope, receive, sending)
        await self.app(scope, receive, sending)

    async def _admitted(self, request: Request) -> Receive:
        """What the application may read. Raises the refusal."""
        self._from_here(request)
        found = await self._signed_in(request)
        if found is None and not self._is_open(request.scope["path"]):
            raise SignInRequired("sign in to go on")
        if request.method in csrf.SAFE:
            return request.receive
        body = await read(request, self._largest)
        if found is not None:
            self._throttles.post(found.id)
        if found is not None and not self._is_open(request.scope["path"]):
            await _from_a_page_of(found, request, body)
        return handed_on(body)

    def _from_here(self, request: Request) -> None:
        if request.headers.get("host", "").lower() != self._host:
            raise HostRefused(f"this console is found at {self._reviewing.url}/ and under no other name")
        if why := csrf.foreign(request.method, request.headers, self._origin):
            raise ForgedRequest(f"refused, because {why}: open {self._reviewing.url}/ and do it there")

    async def _signed_in(self, request: Request) -> Found | None:
        """Who it is, put where pages and the sign-in look for it."""
        request.state.address = client(_peer(request), request.headers.get("x-forwarded-for"), self._proxies)
        request.state.throttles = self._throttles
        token = self._token(request)
        found = await run_in_threadpool(self._found, token) if token else None
        request.state.person = found.person if found else None
        return found

    def _found(self, token: str) -> Found | None:
        with transaction(self._database) as session:
            return sessions.find(session, token, self._reviewing, now())

    def _token(self, request: Request) -> str:
        """From the cookie; files of the page design are nobody's, and cost no look-up."""
        if request.scope["path"].startswith(headers.FILES):
            return ""
        return request.cookies.get(cookies.session(self._reviewing), "")

    def _is_open(self, path: str) -> bool:
        return any(path == each or path.startswith(each + "/") for each in self._opened)


async def read(request: Request, largest: int) -> bytes:
    """The body of a request. Raises FormRefused if it is larger; no more than that is ever kept."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise FormRefused(f"this form is larger than {largest} bytes: send less")
    return bytes(body)


def handed_on(body: bytes) -> Receive:
    """A body that was read already, for somebody who reads it once more."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _from_a_page_of(found: Found, request: Request, body: bytes) -> None:
    """Raises ForgedRequest unless the token of this session is with it."""
    given = request.headers.get(csrf.HEADER) or await _field(request, body)
    if not csrf.same(found.person.csrf, given):
        raise ForgedRequest(FORGED)


async def _field(request: Request, body: bytes) -> object:
    try:
        async with Request(request.scope, handed_on(body)).form(max_files=4, max_fields=200) as form:
            given = form.getlist(csrf.FIELD)
    except (HTTPException, MultiPartException, ValueError) as error:
        raise FormRefused("this form cannot be read: open the page again and repeat") from error
    return given[0] if len(given) == 1 else None


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""

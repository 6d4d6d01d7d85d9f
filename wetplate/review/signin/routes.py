"""`/sign-in` and `/sign-out`: pages and redirects around the two ways to sign in.

    routes(database, reviewing, wrapping, draw=pages.sign_in)

Rules:
1. With WETPLATE_OIDC_ISSUER set there is no password form, and nothing takes a password.
2. The form carries a token that follows from the cookie set with the page: nobody can sign somebody else in
   under a name of their own. Behind the gate, Origin and Sec-Fetch-Site were looked at too.
3. The session that the browser had ends; the new one has a token that nobody saw before.
"""

from urllib.parse import quote

from argon2 import PasswordHasher
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wetplate.errors import ForgedRequest, ReviewError
from wetplate.retention.personal import Wrapping
from wetplate.review import cookies, csrf, passwords, refusals, sessions
from wetplate.review.signin.federated import FederatedSignIn
from wetplate.review.signin.local import LocalSignIn
from wetplate.review.signin.onward import onward
from wetplate.review.signin.page import Draw, Shown, draw
from wetplate.review.signin.provider import RETURN, Provider
from wetplate.settings import Reviewing
from wetplate.storage.database import transaction

START = "/sign-in/oidc"
STALE = "This page was open for too long, or cookies are switched off: try once more."


class SignIn:
    """The handlers, over one way to sign in."""

    def __init__(
        self, database: Engine, reviewing: Reviewing, local: LocalSignIn,
        federated: FederatedSignIn | None, draw: Draw,
    ) -> None:  # fmt: skip
        self._database, self._reviewing = database, reviewing
        self._local, self._federated, self._draw = local, federated, draw

    async def page(self, request: Request) -> Response:
        """GET /sign-in."""
        where = onward(request.query_params.get("next"))
        if getattr(request.state, "person", None) is not None:
            return RedirectResponse(where, status_code=303)
        return await self._page(request, where)

    async def password(self, request: Request) -> Response:
        """POST /sign-in."""
        async with request.form() as form:
            said = {name: value for name, value in form.items() if isinstance(value, str)}
        where, name, browser = onward(said.get("next")), said.get("name", ""), self._browser(request)
        try:
            if not csrf.same(csrf.derived(browser) if browser else "", said.get(csrf.FIELD)):
                raise ForgedRequest(STALE)
            asking = request.state.address, request.state.throttles
            token = await run_in_threadpool(self._local.sign_in, name, said.get("password", ""), *asking)
        except ReviewError as refusal:
            return await self._page(request, where, name, refusal)
        return await self._let_in(request, token, where)

    async def leave(self, request: Request) -> Response:
        """GET /sign-in/oidc: on to the provider."""
        assert self._federated is not None
        where, browser = onward(request.query_params.get("next")), self._browser(request) or csrf.token()
        try:
            request.state.throttles.sign_in(request.state.address)
            there = await run_in_threadpool(self._federated.begin, browser, where)
        except ReviewError as refusal:
            return await self._page(request, where, refusal=refusal)
        answer = RedirectResponse(there, status_code=303)
        cookies.put(answer, self._reviewing, cookies.beginning(self._reviewing), browser)
        return answer

    async def back(self, request: Request) -> Response:
        """GET /sign-in/oidc/return: back from the provider."""
        assert self._federated is not None
        came = dict(request.query_params)
        try:
            token, where = await run_in_threadpool(self._federated.end, self._browser(request), came)
        except ReviewError as refusal:
            return await self._page(request, "/", refusal=refusal)
        return await self._let_in(request, token, where)

    async def out(self, request: Request) -> Response:
        """POST /sign-out."""
        await run_in_threadpool(self._end, request)
        answer = RedirectResponse(refusals.SIGN_IN, status_code=303)
        cookies.drop(answer, self._reviewing, cookies.session(self._reviewing))
        return answer

    async def _page(
        self, request: Request, where: str, name: str = "", refusal: ReviewError | None = None
    ) -> Response:
        browser = self._browser(request) or csrf.token()
        there = self._federated.provider.name if self._federated else ""
        start = f"{START}?next={quote(where)}"
        shown = Shown(csrf.derived(browser), where, name, str(refusal or ""), there, start)
        status = refusals.status(refusal) if refusal else 200
        answer = await run_in_threadpool(self._draw, request, shown, status)
        answer.headers.update(refusals.headers(refusal) if refusal else {})
        cookies.put(answer, self._reviewing, cookies.beginning(self._reviewing), browser)
        return answer

    async def _let_in(self, request: Request, token: str, where: str) -> Response:
        await run_in_threadpool(self._end, request)
        answer = RedirectResponse(where, status_code=303)
        seconds = self._reviewing.session_hours * 3600
        cookies.put(answer, self._reviewing, cookies.session(self._reviewing), token, seconds)
        cookies.drop(answer, self._reviewing, cookies.beginning(self._reviewing))
        return answer

    def _end(self, request: Request) -> None:
        with transaction(self._database) as session:
            sessions.end(session, request.cookies.get(cookies.session(self._reviewing), ""))

    def _browser(self, request: Request) -> str:
        """What the cookie of the sign-in page says, if it can be one of ours."""
        said = request.cookies.get(cookies.beginning(self._reviewing), "")
        return said if sessions.TOKEN.fullmatch(said) else ""


def routes(
    database: Engine, reviewing: Reviewing, wrapping: Wrapping, *, draw: Draw = draw,
    hasher: PasswordHasher = passwords.HASHER, provider: Provider | None = None,
) -> list[Route]:  # fmt: skip
    """The routes of the way that is configured."""
    federated = None
    if reviewing.oidc_issuer:
        federated = FederatedSignIn(database, reviewing, wrapping, provider)
    handlers = SignIn(database, reviewing, LocalSignIn(database, reviewing, hasher), federated, draw)
    common = [
        Route(refusals.SIGN_IN, handlers.page, methods=["GET"]),
        Route("/sign-out", handlers.out, methods=["POST"]),
    ]
    if federated:
        return [*common, Route(START, handlers.leave), Route(RETURN, handlers.back)]
    return [*common, Route(refusals.SIGN_IN, handlers.password, methods=["POST"])]

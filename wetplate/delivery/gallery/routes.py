"""`/gallery/`: the pages over HTTP, and the files that they load.

Here: addresses, headers, refusals as pages. Not here: what a page shows (`compose`).

Rules:
1. A page has one spelling; another one is moved to it.
2. A browser asks again each time, and the ETag makes that cheap. An edge keeps a page for a minute under
   the tag of its image, or of each list of images that it shows: news of any of them purges it.
3. Each answer is made in one transaction, so that a page never shows half of a change.
"""

import hashlib
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wetplate.delivery import caching, conditional, problems
from wetplate.delivery.caching import Kind
from wetplate.delivery.client.files import read
from wetplate.delivery.client.routes import routes as client_routes
from wetplate.delivery.gallery import compose, pages, selection
from wetplate.delivery.gallery.compose import Shown
from wetplate.delivery.gallery.pages import Html, Pages
from wetplate.delivery.gallery.selection import Selection
from wetplate.delivery.urls import IMAGE
from wetplate.errors import AddressMoved, WetplateError
from wetplate.recipes.catalog import family_of
from wetplate.recipes.fields import is_slug
from wetplate.storage.database import transaction

Make = Callable[[Session, Request], Shown]
STAND_IN = "https://images.example"
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def routes(database: Engine, address: str) -> list[Route]:
    """Every page, and `/client/`.

    `address` (scheme and host) stands in the snippets that people copy. Without one a stand-in does, and the
    page's script puts the host it came from in its place: the origin believes no Host header.
    """
    files = read(pages.STYLE, pages.SCRIPT)
    drawn, loader = Pages(files.url), files.url("wetplate-loader.js")

    def families(session: Session, request: Request) -> Shown:
        return compose.families(session, drawn)

    def family(session: Session, request: Request) -> Shown:
        known = family_of(session, request.path_params["family"])
        return compose.family(session, drawn, known, Selection(known.slug))

    def within(session: Session, request: Request) -> Shown:
        slug = request.path_params["family"]
        rest = _rest(request, slug)
        if slug == "from" and is_slug(rest):  # no image, filter or position reads like a family
            return compose.families(session, drawn, rest)
        known = family_of(session, slug)
        if IMAGE.fullmatch(rest):
            return compose.image(session, drawn, known, rest, address or STAND_IN, loader)
        return compose.family(session, drawn, known, selection.read(known.slug, known.attributes, rest))

    def elsewhere(session: Session, request: Request) -> Shown:
        slug = request.path_params.get("family")
        raise AddressMoved(f"/gallery/{family_of(session, slug).slug if slug else ''}")

    paths: dict[str, Make] = {
        "/gallery": elsewhere,
        "/gallery/": families,
        "/gallery/{family}": family,
        "/gallery/{family}/": elsewhere,
        "/gallery/{family}/{rest:path}": within,
    }
    compressed = [Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)]
    made = [
        Route(path, _endpoint(database, drawn, make), middleware=compressed) for path, make in paths.items()
    ]
    return [*made, *client_routes(files)]


def _endpoint(database: Engine, drawn: Pages, make: Make) -> Callable[[Request], Response]:
    """The page that `make` makes, or the one that says why there is none. It runs in a thread."""

    def endpoint(request: Request) -> Response:
        try:
            with transaction(database) as session:
                shown = make(session, request)
        except WetplateError as refusal:
            return _refused(drawn, refusal)
        return _answer(request, shown)

    return endpoint


def _answer(request: Request, shown: Shown) -> Response:
    """The page, or 304 when the browser has it. The tag is weak: the bytes may travel compressed."""
    tag = conditional.etag(hashlib.sha256(shown.html.body).hexdigest())
    headers = caching.headers(Kind.PAGE, tags=shown.tags) | page_headers(shown.html) | {"ETag": f"W/{tag}"}
    if conditional.matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(shown.html.body, headers=headers)


def _refused(drawn: Pages, refusal: WetplateError) -> Response:
    problem = problems.problem(refusal)
    html = compose.refusal(drawn, problem)
    return Response(html.body, problem.status, problem.headers() | page_headers(html))


def page_headers(html: Html) -> dict[str, str]:
    """What every page says beside how long it may be kept."""
    return HEADERS | {"Content-Security-Policy": html.policy}


def _rest(request: Request, family: str) -> str:
    """What stands behind the family, as it came: before percent-decoding."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.decode("latin-1").removeprefix(f"/gallery/{family}/")

"""What meets every request: the hot path, and what no request may be.

Here: answers out of memory without any framework; methods, lengths and spellings that are refused before any
route; what every answer carries, and counting it. Not here: what stands behind an address.

Rules:
1. A picture in memory costs one look-up: no router, no middleware, no thread. `ready` gives what a plain
   request gets as bytes for the wire (`protocol` sends them); what makes a request special (HEAD, a range, an
   id of its own) leaves that path and gets the same answer by ASGI.
2. GET, HEAD and OPTIONS, and POST where something may be handed in (`uploads.POSTED`); everything else is
   405 with Allow, TRACE among it.
3. Cookie, Authorization, Forwarded, X-Forwarded-* and X-Original-* are read by nobody here, so that nothing
   of them can be repeated or decide anything; but from a proxy that is trusted, X-Forwarded-For says whose
   transforms are counted (`transforms.clients`). No answer sets a cookie.
4. X-Request-Id is repeated if it is plain, else made up.
"""

import re
import secrets
from itertools import count
from time import monotonic, perf_counter
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wetplate import metrics
from wetplate.delivery.origin import answers
from wetplate.delivery.origin.answers import Header
from wetplate.delivery.origin.service import Service
from wetplate.delivery.origin.uploads import POSTED
from wetplate.delivery.problems import Problem, problem
from wetplate.errors import AddressRefused, DeliveryError, MethodRefused

ALLOWED = "GET, HEAD, OPTIONS"
LONGEST = 2_048
REQUEST_ID = b"x-request-id"
IF_NONE_MATCH = b"if-none-match"
PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
SPECIAL = answers.CONDITIONS | {REQUEST_ID}
TOO_LONG = Problem(414, "too-long", "The address is too long", f"no address of ours has {LONGEST} characters")
WRONG = re.compile(rb"[\x00-\x20\x7f-\xff\\]|//|/\.\.?(?:/|\Z)")
OPTIONS: tuple[Header, ...] = answers.raw(
    {
        "Allow": ALLOWED,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": ALLOWED,
        "Access-Control-Allow-Headers": "Range, If-None-Match, If-Range",
        "Access-Control-Max-Age": "86400",
        "Cache-Control": "no-store",
    }
)


class Front:
    """An ASGI application around the routes."""

    def __init__(self, service: Service, routes: ASGIApp) -> None:
        self._service, self._routes = service, routes
        self._memory, self._fresh = service.memory, service.news.fresh
        self._hit = metrics.CACHE_REQUESTS.bound("memory", "hit").inc
        self._ids, self._own = count(), secrets.token_hex(4).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        began = perf_counter()
        found = self._memory.get(scope["raw_path"], monotonic())
        told = _Told(send, scope, self._id(scope), began)
        if found and scope["method"] in ("GET", "HEAD") and not scope["query_string"] and self._fresh():
            self._hit()
            await found(scope, receive, told)
        else:
            await self._elsewhere(scope, receive, told)

    def ready(self, scope: Scope) -> tuple[bytes, bytes] | None:
        """Head (open for more headers) and body of a plain request's answer, if memory has it; counted."""
        began = perf_counter()
        found = self._memory.get(scope["raw_path"], monotonic())
        if found is None or found.wire is None or scope["method"] != "GET" or scope["query_string"]:
            return None
        wire, known = found.wire, _known(scope, found.wire.tag)
        if known is None or not self._fresh():
            return None
        self._hit()
        if known:
            head, body, counted = wire.unchanged, b"", wire.unchanged_counted
        else:
            head, body, counted = wire.whole, found.body, wire.whole_counted
        counted.count(len(body), perf_counter() - began)
        return b"%sx-request-id: %s\r\n" % (head, self._made_up()), body

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the routes, if it may be a request at all."""
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": list(OPTIONS)})
            await send({"type": "http.response.body", "body": b""})
        elif (refusal := refused(scope)) is not None:
            said = answers.refused(refusal, route(scope), private=private(scope))
            await said(scope, receive, send)
        else:
            await self._routes(scope, receive, send)

    def _id(self, scope: Scope) -> bytes:
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
        return given if PLAIN_ID.fullmatch(given) else self._made_up()

    def _made_up(self) -> bytes:
        return b"%s-%08x" % (self._own, next(self._ids))


def _known(scope: Scope, tag: bytes) -> bool | None:
    """Whether the client says that it has the bytes with this tag; None if it asks for anything special."""
    known = False
    for name, value in scope["headers"]:
        if name in SPECIAL:
            if name != IF_NONE_MATCH or value != tag:
                return None
            known = True
    return known


def refused(scope: Scope) -> Problem | None:
    """Why this cannot be a request of ours, before looking at what it asks for."""
    path: bytes = scope["raw_path"]
    if scope["method"] not in ("GET", "HEAD") and not (scope["method"] == "POST" and path in POSTED):
        error: DeliveryError = MethodRefused(ALLOWED)
        return problem(error)
    if len(path) + len(scope["query_string"]) > LONGEST:
        return TOO_LONG
    if not path.startswith(b"/") or WRONG.search(path) or WRONG.search(unquote_to_bytes(path)):
        return problem(AddressRefused("the path holds what no address of ours does, as it is or encoded"))
    return None


def route(scope: Scope) -> str:
    """The word that metrics count the request under."""
    first, _, rest = scope["path"][1:].partition("/")
    if first == "images":
        return "transform" if rest[64:66] == "/v" else "derivative"
    return _ROUTES.get(first, metrics.OTHER)


def private(scope: Scope) -> bool:
    """Whether the address is a signed one, whose answers nobody may store."""
    return bool(scope["path"].startswith("/signed/"))


_ROUTES = {
    "auto": "auto",
    "signed": "private",
    "manifest": "manifest",
    "provenance": "provenance",
    ".well-known": "provenance",
    "schemas": "schema",
    "openapi.json": "schema",
    "gallery": "page",
    "client": "client",
    "notices": "notice",
    "verify": "verify",
    "livez": "health",
    "readyz": "health",
    "metrics": "health",
}


class _Told:
    """Sends on, with what every answer carries, and counts when the last byte is handed over."""

    __slots__ = ("_began", "_format", "_id", "_scope", "_send", "_size", "_status")

    def __init__(self, send: Send, scope: Scope, id: bytes, began: float) -> None:
        self._send, self._scope, self._id, self._began = send, scope, id, began
        self._status, self._size, self._format = 0, 0, ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = self._start(message)
        await self._send(message)
        if message["type"] == "http.response.body":
            self._size += len(message.get("body", b""))
            if not message.get("more_body", False):
                counted = metrics.answers(route(self._scope), self._format, self._status)
                counted.count(self._size, perf_counter() - self._began)

    def _start(self, message: Message) -> Message:
        headers = list(message["headers"])
        names = {name.lower(): value for name, value in headers}
        self._status = message["status"]
        self._format = answers.format_of(names.get(b"content-type", b"").decode("latin-1"))
        headers.append((REQUEST_ID, self._id))
        if b"x-content-type-options" not in names:
            headers.append((b"x-content-type-options", b"nosniff"))
        return {**message, "headers": headers}

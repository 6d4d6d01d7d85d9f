"""An answer, ready to be sent: all headers as bytes, the body in one piece.

Here: which headers go with a picture, a side-car, a document; and sending the whole, a part, or nothing new.
Not here: how long who may keep it (`caching`), whether it may be given (`standing`).

Rules:
1. HEAD has exactly the headers of GET, Content-Length included; only the body stays away.
2. A picture may be shown on any site (CORP, CORS: it is public, needs no credentials, and a canvas, a service
   worker or a WebGL viewer may read it), but never runs: nosniff, and a policy that allows nothing.
3. A private picture is for the signer's own site.
4. Nothing of the request is repeated in an answer.
5. A condition that is not met, a range that is not there, is a refusal like any other: nobody keeps it, and
   nothing in it speaks of a picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from math import inf

from starlette.types import Message, Receive, Scope, Send

from wetplate import metrics
from wetplate.delivery import conditional
from wetplate.delivery.problems import Problem

Header = tuple[bytes, bytes]
CONDITIONS = frozenset({b"if-none-match", b"if-match", b"if-range", b"range"})
NOSNIFF = {"X-Content-Type-Options": "nosniff"}
INERT = {**NOSNIFF, "Content-Security-Policy": "default-src 'none'; sandbox"}
OPEN = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Timing-Allow-Origin": "*",
}
OWN_SITE = {"Cross-Origin-Resource-Policy": "same-site"}
PARTIAL = {"Accept-Ranges": "bytes"}

_UNMET = {
    412: Problem(412, "changed", "Not what you have", "other bytes stand here than If-Match names"),
    416: Problem(416, "no-such-range", "No such range", "none of the bytes asked for exist"),
}


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it goes over the wire, prepared once: status and headers, open for more of them.

    `whole` for who has nothing, `unchanged` for who says `tag`; and where each is counted.
    """

    tag: bytes
    whole: bytes
    unchanged: bytes
    whole_counted: metrics.Answers
    unchanged_counted: metrics.Answers


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body; `etag` (quoted) is empty where nothing can be asked on condition of it.

    `until` is when it grows old in memory, in `time.monotonic` seconds. It is an ASGI application, and so an
    endpoint's response.
    """

    body: bytes
    headers: tuple[Header, ...]
    etag: str = ""
    status: int = 200
    until: float = inf
    wire: Wire | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = _conditions(scope) if self.etag else None
        part = conditional.answer(given, self.etag, len(self.body), scope["method"]) if given else None
        if part is None or part.status == 200:
            await _send(send, self.status, self.headers, self.body, scope["method"])
        elif part.status in _UNMET:
            await refused(replace(_UNMET[part.status], own_headers=part.headers), "")(scope, receive, send)
        else:
            body = self.body[part.start : part.stop]
            await _send(send, part.status, _partial(self.headers, part), body, scope["method"])


def answer(
    body: bytes,
    route: str,
    *said: Mapping[str, str],
    etag: str = "",
    status: int = 200,
    until: float = inf,
) -> Answer:
    """The answer with these headers (later ones win) and the Content-Length of the body."""
    merged: dict[str, str] = {}
    for more in said:
        merged |= more
    if etag:
        merged["ETag"] = etag
    merged["Content-Length"] = str(len(body))
    headers = raw(merged)
    wire = _wire(route, merged, headers, etag) if etag else None
    return Answer(body, headers, etag, status, until, wire)


def _wire(route: str, said: Mapping[str, str], headers: tuple[Header, ...], etag: str) -> Wire:
    format = format_of(said.get("Content-Type", ""))
    return Wire(
        etag.encode(),
        _head(HTTPStatus.OK, headers),
        _head(HTTPStatus.NOT_MODIFIED, _about_validators(headers)),
        metrics.answers(route, format, HTTPStatus.OK),
        metrics.answers(route, format, HTTPStatus.NOT_MODIFIED),
    )


def _head(status: HTTPStatus, headers: tuple[Header, ...]) -> bytes:
    lines = (name + b": " + value + b"\r\n" for name, value in headers)
    return b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()) + b"".join(lines)


def _about_validators(headers: Iterable[Header]) -> tuple[Header, ...]:
    """Those that 304 repeats: everything but what describes a body."""
    return tuple(header for header in headers if header[0] not in _ABOUT_BODY)


def refused(problem: Problem, route: str, *, private: bool = False) -> Answer:
    """A problem as an answer."""
    return answer(problem.body, route, problem.headers(private=private), NOSNIFF, status=problem.status)


def raw(headers: Mapping[str, str]) -> tuple[Header, ...]:
    """Headers as ASGI wants them."""
    return tuple((name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items())


def timing(cache: str, seconds: Mapping[str, float]) -> dict[str, str]:
    """Server-Timing: what the cache said, then each stage in milliseconds."""
    stages = "".join(f", {stage};dur={1000 * took:.1f}" for stage, took in seconds.items())
    return {"Server-Timing": f"cache;desc={cache}{stages}"}


def cache_status(*parameters: str) -> dict[str, str]:
    """Cache-Status (RFC 9211) of this hop."""
    return {"Cache-Status": "; ".join(("wetplate", *parameters))}


def replaced(headers: Iterable[Header], new: Mapping[str, str]) -> tuple[Header, ...]:
    """The headers, with those of the same name replaced."""
    fresh = raw(new)
    names = {name for name, _ in fresh}
    return (*(header for header in headers if header[0] not in names), *fresh)


def format_of(media_type: str) -> str:
    """The word that metrics count a media type under."""
    main = media_type.partition(";")[0]
    return _COUNTED.get(main, main.rpartition("/")[2])


_COUNTED = {
    "application/problem+json": "json",
    "application/schema+json": "json",
    "application/jwk-set+json": "json",
    "application/c2pa": "c2pa",
    "text/plain": "text",
}


def _conditions(scope: Scope) -> dict[str, str] | None:
    """The headers that make a request conditional, several lines joined; None when there are none."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in CONDITIONS:
            word, text = name.decode(), value.decode("latin-1")
            found[word] = f"{found[word]}, {text}" if word in found else text
    return found or None


def _partial(headers: Iterable[Header], part: conditional.Answer) -> tuple[Header, ...]:
    if part.status == 304:
        return _about_validators(headers)
    length = {"Content-Length": str(part.stop - part.start)}
    return replaced(headers, {**part.headers, **length})


_ABOUT_BODY = frozenset({b"content-length", b"content-type", b"content-disposition"})


async def _send(send: Send, status: int, headers: tuple[Header, ...], body: bytes, method: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    message: Message = {"type": "http.response.body", "body": b"" if method == "HEAD" else body}
    await send(message)

"""What a browser may do with an answer of the console: security headers on every one. Pure, but for `sealed`.

Rules:
1. A page loads what the console serves and nothing else: no inline script, no inline style, no other origin,
   no frame around it.
2. Whatever is not a file of the page design is private: `no-store`, so that nothing is left on a shared
   computer and the back button shows nothing after signing out.
3. What a handler set itself stays, except for `no-store`, which it cannot loosen.
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
FIELDS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # see `csrf`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "X-Robots-Tag": "noindex",
}
#: For two years, on this host only: its neighbours are not ours to decide on.
STRICT_TRANSPORT = "max-age=63072000"
#: Files of the page design. They are nobody's secret and may be kept.
FILES = "/static/"


def fields(*, https: bool) -> dict[str, str]:
    """The headers of every answer."""
    return {**FIELDS, "Strict-Transport-Security": STRICT_TRANSPORT} if https else dict(FIELDS)


def sealed(send: Send, path: str, *, https: bool) -> Send:
    """The same, adding the headers to whatever is sent."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            for name, value in fields(https=https).items():
                headers.setdefault(name, value)
            if not path.startswith(FILES):
                headers["Cache-Control"] = "no-store"
            message["headers"] = headers.raw
        await send(message)

    return sending

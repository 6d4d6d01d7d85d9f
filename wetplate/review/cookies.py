"""The console's two cookies: that of a session, and that of a sign-in which has not ended yet.

`__Host-` where the console is on https: the browser then takes them from this host only, whole and secure, so
that no neighbour under the same domain can plant one. On loopback without TLS that name is not allowed.
`SameSite=Lax`, not `Strict`: whoever comes back from the identity provider, or follows a link in a message,
comes from another site and must find themselves signed in. What changes something is guarded by `csrf`.
"""

from starlette.responses import Response

from wetplate.settings import Reviewing


def session(reviewing: Reviewing) -> str:
    """Name of the cookie with the session's token."""
    return _named("wetplate", reviewing)


def beginning(reviewing: Reviewing) -> str:
    """Name of the cookie of whoever has opened the sign-in page."""
    return _named("wetplate-sign-in", reviewing)


def put(answer: Response, reviewing: Reviewing, name: str, value: str, seconds: int | None = None) -> None:
    """Have the browser keep it, out of the reach of scripts; without `seconds` until it is closed."""
    secure = reviewing.url.startswith("https:")
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def drop(answer: Response, reviewing: Reviewing, name: str) -> None:
    """Have the browser forget it."""
    put(answer, reviewing, name, "", 0)


def _named(name: str, reviewing: Reviewing) -> str:
    return f"__Host-{name}" if reviewing.url.startswith("https:") else name

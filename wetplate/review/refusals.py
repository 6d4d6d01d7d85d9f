"""A refusal as an answer: which status, and where somebody who is not signed in is sent.

Here: the choice. Not here: how a page looks (`pages` gives the renderer; without one the words stand alone).
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from wetplate.errors import (
    AccountRefused,
    DatabaseUnavailable,
    DecisionConflict,
    ForgedRequest,
    FormRefused,
    HostRefused,
    ImageUnknown,
    NoticeUnknown,
    ProviderUnavailable,
    RoleRefused,
    SignInRefused,
    SignInRequired,
    TooOften,
    WetplateError,
)
from wetplate.review.csrf import SAFE
from wetplate.review.signin.onward import onward

SIGN_IN = "/sign-in"
STATUS: Mapping[type[WetplateError], int] = {
    SignInRefused: 403,
    SignInRequired: 401,
    RoleRefused: 403,
    ForgedRequest: 403,
    HostRefused: 421,
    FormRefused: 400,
    AccountRefused: 400,
    TooOften: 429,
    DecisionConflict: 409,
    ImageUnknown: 404,
    NoticeUnknown: 404,
    ProviderUnavailable: 503,
    DatabaseUnavailable: 503,
}

Refuse = Callable[[Request, Exception], Response]


def status(refusal: Exception) -> int:
    """The HTTP status of a refusal: that of the nearest class in the table, else 400."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 400)


def headers(refusal: Exception) -> dict[str, str]:
    """What an answer with this refusal says beside the words."""
    return {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooOften) else {}


def refused(request: Request, refusal: Exception) -> Response:
    """The answer, as plain text; whoever must sign in is sent there and comes back afterwards."""
    if type(refusal) is SignInRequired and navigates(request):
        return to_sign_in(request)
    return PlainTextResponse(f"{refusal}\n", status_code=status(refusal), headers=headers(refusal))


def navigates(request: Request) -> bool:
    """Whether this leads to a page in front of somebody: no picture, no question of a script."""
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, which leads back: to the page asked for, or to the one with the form."""
    if request.method in SAFE:
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    else:
        back = urlsplit(request.headers.get("referer", "")).path
    where = onward(back)
    return RedirectResponse(SIGN_IN + (f"?next={quote(where)}" if where != "/" else ""), status_code=303)

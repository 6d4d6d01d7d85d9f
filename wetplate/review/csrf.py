"""Whether a request comes from a page of ours. Pure.

Two answers that do not depend on each other. The browser says where a request comes from, in headers that no
page can set (`foreign`). And every form carries a token that only a page of this session could have read
(`same`); it works without script. A request that changes something needs both.

The console sends `Referrer-Policy: same-origin`, not `no-referrer`: under the latter browsers put `null` into
the Origin of our own forms, and the first of the two would have nothing to look at.
"""

import hashlib
import secrets
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

#: The field of a form, and the header of a request made by script, that carries the token.
FIELD, HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def token() -> str:
    """256 random bits, as 43 characters that may stand in a cookie, a form and a header."""
    return secrets.token_urlsafe(32)


def same(expected: str, given: object) -> bool:
    """Whether a form's token is the expected one, without telling by the time it takes."""
    return isinstance(given, str) and bool(expected) and compare_digest(expected.encode(), given.encode())


def derived(cookie: str) -> str:
    """The token of a form that is shown before there is a session: from the cookie set with it."""
    return hashlib.sha256(b"wetplate sign-in form\n" + cookie.encode()).hexdigest()


def origin(url: str) -> str:
    """Scheme, host and port of an address, as a browser writes them into Origin."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def foreign(method: str, headers: Mapping[str, str], own: str) -> str | None:
    """Why a request is not from a page of `own` origin; None if it is, or if it needs not be.

    Changing something: `Sec-Fetch-Site` must not name another site, `Origin` must not be another one, and one
    of them must be there. Reading: anybody may follow a link to us, but no other site may embed what we have.
    """
    site, claimed = headers.get("sec-fetch-site"), headers.get("origin")
    if method in SAFE:
        embedded = site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
        return f"another site ({site}) embeds it" if embedded else None
    if site not in (None, "same-origin", "none"):
        return f"another site ({site}) sent it"
    if claimed is not None and claimed != own:
        return "another origin sent it"
    if site is None and claimed is None:
        return "it says neither Origin nor Sec-Fetch-Site"
    return None

"""Where somebody goes after signing in. Pure.

An address in `next` comes from anybody who can write a link. Only a path of the console's own passes, spelled
in the one way that browser, proxy and router read alike; anything else leads to the first page.
"""

import re
from urllib.parse import unquote

HOME = "/"
#: Segments of letters, digits and a few signs, each with a sign that is no dot; no percent, no backslash.
PATH = re.compile(r"(/(?![.]+(/|$))[A-Za-z0-9._:~@-]+)*/?")
QUERY = re.compile(r"[A-Za-z0-9._:~@=&+%/-]*")
LONGEST = 512
#: Leads nowhere after signing in.
NOT = ("/sign-in", "/sign-out")


def onward(asked: str | None) -> str:
    """The same if it is a path of ours, else `/`."""
    path, _, query = (asked or "").partition("?")
    fits = path.startswith("/") and PATH.fullmatch(path) and QUERY.fullmatch(query)
    if not fits or len(asked or "") > LONGEST or not unquote(query).isprintable():
        return HOME
    if any(path == never or path.startswith(never + "/") for never in NOT):
        return HOME
    return f"{path}?{query}" if query else path

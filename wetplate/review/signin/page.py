"""The sign-in page: what it shows, and its plainest form.

Whoever has the console's design draws it from `Shown` instead (`routes(draw=...)`).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Shown:
    """Everything the page needs.

    Attributes:
        csrf: for the field of that name.
        onward: for the field `next`: where to go afterwards.
        name: what was typed, when it is shown again.
        refusal: why it is shown again; empty the first time.
        provider: host of the OpenID provider; empty: name and password are asked for.
        start: where the way to the provider begins.
    """

    csrf: str
    onward: str
    name: str = ""
    refusal: str = ""
    provider: str = ""
    start: str = ""


Draw = Callable[[Request, Shown, int], Response]


def draw(request: Request, shown: Shown, status: int) -> Response:
    """The page, without the console's design."""
    return HTMLResponse(_templates().get_template("plain.html").render(asdict(shown)), status_code=status)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )

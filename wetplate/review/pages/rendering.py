"""From what is shown to HTML: the templates of the console.

Rules:
1. Everything is escaped by the template engine; a name that a template asks for and nobody gave is an error.
2. No inline script, no inline style: the policy that `wetplate.review.headers` sends allows neither.
3. A page works without script: whatever decides is a form.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wetplate.review.signin.page import FOLDER as SIGN_IN

KEYS: Mapping[str, str] = {
    "a r d e s": "approve, reject, redact, escalate, skip",
    "1 … 9": "choose the reason",
    "Enter": "record the decision",
    "z": "undo",
    "n": "next",
    "b": "blur",
    "g": "grey",
    "x": "boxes",
    "+ - 0": "zoom in, out, fit",
    "?": "this list",
}


class Pages:
    """The templates, with the addresses of style and script filled in."""

    def __init__(self, url: Callable[[str], str]) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([Path(__file__).parent / "templates", SIGN_IN]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(url=url, keys=list(KEYS.items()))

    def render(self, template: str, said: Mapping[str, Any]) -> str:
        """One page."""
        return self._templates.get_template(f"{template}.html").render(said)

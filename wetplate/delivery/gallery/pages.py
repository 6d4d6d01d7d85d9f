"""From what is shown to HTML: the templates, and what a browser may do with the page.

Here: rendering, the content security policy. Not here: which words (`words`), which rows (`shelf`), HTTP
(`routes`).

Rules:
1. Everything is escaped by the template engine; a name that a template asks for and nobody gave is an error.
2. A page may load what this service serves and nothing else. Script and style come from files with hashed
   names; the one inline style element, a rule per dominant colour, is allowed by its own hash.
3. A page needs no script: links filter and turn pages, pictures load. Script adds what only it can know.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent
STYLE, SCRIPT = HERE / "static" / "gallery.css", HERE / "static" / "gallery.js"
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%238a4b16'/%3E"
    "%3Crect x='4' y='4' width='8' height='8' fill='%23f6e9da'/%3E%3C/svg%3E"
)
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'; connect-src 'self'; "
    "img-src 'self' data:; script-src 'self'; style-src 'self'{style}; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)


@dataclass(frozen=True)
class Html:
    """A page and the policy that goes with it."""

    body: bytes
    policy: str


class Pages:
    """The templates, with the addresses of style and script filled in; `more` are folders of other pages."""

    def __init__(self, url: Callable[[str], str], *more: Path) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([HERE / "templates", *more]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(url=url, icon=ICON)

    def render(self, template: str, style: str = "", *, forms: bool = False, **said: Any) -> Html:
        """One page; `style` is the text of its inline style element, `forms` whether it has any to send."""
        known = {"trail": (), "family": "", "style": Markup(style)}  # only colours, each checked
        text = self._templates.get_template(f"{template}.html").render(known | said)
        return Html(text.encode(), policy(style, forms=forms))


def policy(style: str, *, forms: bool = False) -> str:
    """The content security policy of a page with this inline style, and forms to be sent here or none."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f" 'sha256-{digest}'" if style else ""
    return POLICY.format(style=allowed, forms="'self'" if forms else "'none'")

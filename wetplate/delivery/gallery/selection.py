"""Which part of a family a page shows, and its one address. Pure.

`/gallery/{family}`, `/gallery/{family}/only/{attribute}={value};...`, each with `/from/{position}` behind it.

Rules:
1. The path is the cache key, so a selection has one spelling: attributes in the family's order, values
   percent-encoded, no `from/0`. Another spelling of the same is moved to it.
2. A page begins at a position (the recipe's place in its family), never at an offset: page 1,000 costs what
   page 1 costs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from wetplate.errors import AddressMoved, NotServed

Attributes = Mapping[str, tuple[str, ...]]
START = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True)
class Selection:
    """The images of a family whose attributes have these values, from this position on."""

    family: str
    only: tuple[tuple[str, str], ...] = ()
    start: int = 0

    @property
    def path(self) -> str:
        """Its one address."""
        path = f"/gallery/{self.family}"
        if self.only:
            path += "/only/" + ";".join(f"{name}={quote(value, safe='')}" for name, value in self.only)
        return f"{path}/from/{self.start}" if self.start else path

    def at(self, start: int) -> "Selection":
        """The same images from another position on."""
        return replace(self, start=start)

    def having(self, attributes: Attributes, name: str, value: str | None) -> "Selection":
        """From the first image on, with this value for the attribute; None: with any."""
        chosen = dict(self.only) | {name: value}
        return Selection(
            self.family, tuple((each, said) for each in attributes if (said := chosen.get(each)))
        )


def read(family: str, attributes: Attributes, rest: str) -> Selection:
    """The selection that the path behind `/gallery/{family}/` names, still percent-encoded.

    Raises NotServed for what the family does not have, AddressMoved for another spelling.
    """
    words = rest.strip("/").split("/") if rest else []
    said = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or set(said) - {"only", "from"} or len(said) * 2 != len(words):
        raise NotServed(
            f"nothing here under {rest[:80]!r}; the family's pictures are under /gallery/{family}"
        )
    selection = Selection(family, _only(attributes, said.get("only", "")), _start(said.get("from", "0")))
    if rest and selection.path != f"/gallery/{family}/{rest}":
        raise AddressMoved(selection.path)
    return selection


def _only(attributes: Attributes, text: str) -> tuple[tuple[str, str], ...]:
    chosen: dict[str, str] = {}
    for pair in filter(None, text.split(";")):
        name, _, value = (unquote(part) for part in pair.partition("="))
        if value not in attributes.get(name, ()):
            known = ", ".join(list(attributes.get(name, attributes))[:12])
            raise NotServed(f"the family has no {name[:40]!r} {value[:40]!r}; it has {known[:160]}")
        chosen[name] = value
    return tuple((name, chosen[name]) for name in attributes if name in chosen)


def _start(text: str) -> int:
    if not START.match(text):
        raise NotServed(f"from/{text[:20]} is no position in a family; give a whole number")
    return int(text)

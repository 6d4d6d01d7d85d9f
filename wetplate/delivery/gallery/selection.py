"""Which part of a family a page shows, and its one address. Pure.

`/gallery/{family}`, `/gallery/{family}/{attribute}.{word}/...`, each with `/from/{position}` behind it.

Rules:
1. The path is the cache key, so a selection has one spelling: attributes in the family's order, no `from/0`.
   Another order is moved to it.
2. A path is plain: caches and proxies disagree about everything but ASCII letters, digits, `-`, `_` and `.`.
   So a value is addressed by a word made of it, with its place in the list where two would share one.
3. A page begins at a position (the recipe's place in its family), never at an offset: page 1,000 costs what
   page 1 costs.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from wetplate.errors import AddressMoved, NotServed

Attributes = Mapping[str, tuple[str, ...]]
START = re.compile(r"[0-9]{1,9}\Z")
LONGEST = 24


@dataclass(frozen=True)
class Selection:
    """The images of a family whose attributes have these values, from this position on.

    `words` are what the values are called in its address, in the order of `only`.
    """

    family: str
    only: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    start: int = 0

    @property
    def path(self) -> str:
        """Its one address."""
        chosen = "".join(f"/{name}.{word}" for (name, _), word in zip(self.only, self.words, strict=True))
        return f"/gallery/{self.family}{chosen}" + (f"/from/{self.start}" if self.start else "")

    def at(self, start: int) -> "Selection":
        """The same images from another position on."""
        return replace(self, start=start)

    def having(self, attributes: Attributes, name: str, value: str | None) -> "Selection":
        """From the first image on, with this value for the attribute; None: with any."""
        return chosen(self.family, attributes, {**dict(self.only), name: value})


def chosen(
    family: str, attributes: Attributes, values: Mapping[str, str | None], start: int = 0
) -> Selection:
    """The selection of these values, in the family's order; None stands for any."""
    only = tuple((name, value) for name in attributes if (value := values.get(name)) is not None)
    return Selection(family, only, tuple(words(attributes[name])[value] for name, value in only), start)


def read(family: str, attributes: Attributes, rest: str) -> Selection:
    """The selection that the path behind `/gallery/{family}/` names.

    Raises NotServed for what the family does not have, AddressMoved for another spelling.
    """
    pairs, start = rest.split("/"), 0
    if len(pairs) >= 2 and pairs[-2] == "from":
        start = _start(pairs[-1])
        pairs = pairs[:-2]
    selection = chosen(family, attributes, dict(_pair(attributes, pair) for pair in pairs), start)
    if selection.path != f"/gallery/{family}/{rest}":
        raise AddressMoved(selection.path)
    return selection


@lru_cache(maxsize=1_000)
def words(values: tuple[str, ...]) -> Mapping[str, str]:
    """What each value of an attribute is called in addresses: another word for each."""
    plain = [_plain(value) for value in values]
    often = Counter(plain)
    return {
        value: word if word and often[word] == 1 else f"{word}_{place}"
        for place, (value, word) in enumerate(zip(values, plain, strict=True), 1)
    }


def _plain(value: str) -> str:
    """Lower-case letters, digits and single hyphens, as near to the value as they come."""
    ascii_ = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_)[:LONGEST].strip("-")


def _pair(attributes: Attributes, text: str) -> tuple[str, str]:
    name, _, word = text.partition(".")
    for value, known in words(attributes.get(name, ())).items():
        if known == word:
            return name, value
    raise NotServed(f"nothing of the family is called {text[:60]!r}; filter by the links on its page")


def _start(text: str) -> int:
    if not START.match(text):
        raise NotServed(f"from/{text[:20]} is no position in a family; give a whole number")
    return int(text)

"""Which image an address speaks of, however sloppily it was copied. Pure.

Here: reading ids and names out of an address. Not here: the strict grammar of what is served
(`delivery.urls`), whether there is such an image (`locate`).

Any address of ours names its image by 64 hex digits (files, transforms, signed addresses, gallery pages), by
the 16 hex digits and width of a file's name, or by the 32 hex digits of its public provenance. People send
what they see: with host, query, fragment, upper case, percent signs, brackets or a full stop behind it.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LONGEST = 2_000
IMAGE = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
NAME = re.compile(r"(?<![0-9a-f])[0-9a-f]{16}-[1-9][0-9]{0,4}\.(?:avif|webp|jpg|png)")
PUBLIC = re.compile(r"/provenance/([0-9a-f]{32})(?![0-9a-f])")
FAMILY = re.compile(r"/(?:gallery|manifest)/([a-z0-9]+(?:-[a-z0-9]+)*)(?=[/.]|$)")


@dataclass(frozen=True)
class Named:
    """What an address names: images, files, public records; else only a family; `host` may be empty."""

    images: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    family: str = ""
    host: str = ""

    @property
    def anything(self) -> bool:
        """Whether an image can be sought by it."""
        return bool(self.images or self.names or self.records)


def named(address: str) -> Named:
    """What the address names; nothing at all for what is none."""
    plain = unquote(address[:LONGEST].strip()).lower()
    family = FAMILY.search(plain)
    return Named(
        images=tuple(dict.fromkeys(IMAGE.findall(plain))),
        names=tuple(dict.fromkeys(NAME.findall(plain))),
        records=tuple(dict.fromkeys(PUBLIC.findall(plain))),
        family=family[1] if family else "",
        host=_host(plain),
    )


def shown(address: str) -> str:
    """The address as it is recorded: without log-in, query and fragment, which may name a person."""
    try:
        parts = urlsplit(address[:LONGEST].strip())
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable)"
    scheme = f"{parts.scheme}://" if host and parts.scheme in ("http", "https") else ""
    path = "".join(letter for letter in parts.path if letter.isprintable())
    return f"{scheme}{host}{port}{path}"


def _host(plain: str) -> str:
    try:
        return urlsplit(plain).hostname or ""
    except ValueError:
        return ""

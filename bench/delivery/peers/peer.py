"""A running image server and its language.

Checks speak of wishes ("this picture 640 wide as AVIF", "the width twice"); a `Spelling` says them in the
words of one server. What a server has no words for is Inexpressible: it counts neither for nor against it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.delivery.processes import Server
from bench.delivery.wire import Answer, send

#: The picture that checks ask for unless they say otherwise.
PICTURE = "portrait-0.png"


class Inexpressible(Exception):
    """This server cannot be asked that; the message says why."""


@dataclass(frozen=True)
class Spelling:
    """Paths with `{picture}`, `{width}`, `{format}`; None where the server knows no such thing.

    Attributes:
        plain: one width, one format.
        negotiated: one width, the format by `Accept`.
        unknown: `plain` and one parameter more that nobody defined.
        twice: the width (or what else it takes) given twice, differently.
        orders: one wish in two orders.
        encoded: `plain` with a letter percent-encoded.
        quality: `plain` with `{quality}`.
        meant: odd widths that mean something here.
    """

    plain: str
    negotiated: str | None = None
    unknown: str | None = None
    twice: str | None = None
    orders: tuple[str, str] | None = None
    encoded: str | None = None
    quality: str | None = None
    meant: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Signed:
    """Addresses of private pictures.

    Attributes:
        address: path of a picture (name, width) with a signature that holds.
        mac: the signature within that path.
        unsigned: the same picture without one.
        expiring: the path signed until a moment (seconds since 1970, any text), where expiry is known.
        keyed: the path signed by another key: one of the ring, or one that is in no ring.
    """

    address: Callable[[str, int], str]
    mac: Callable[[str], str]
    unsigned: str
    expiring: Callable[[str], str] | None = None
    keyed: Callable[[bool], str] | None = None


@dataclass(frozen=True)
class Peer:
    """A running server that can be asked.

    Attributes:
        accept: the format goes by `Accept`, since the path cannot name it.
        pictures: the server's own words for our pictures; None: it reads files by their names.
        variants: paths of many distinct small variants of one picture, all spelt rightly.
    """

    name: str
    server: Server
    spelling: Spelling
    accept: bool = False
    pictures: Mapping[str, str] | None = None
    signed: Signed | None = None
    variants: tuple[str, ...] = ()

    def path(
        self,
        template: str | None = "",
        *,
        picture: str = PICTURE,
        width: object = 640,
        format: str = "avif",
        **more: object,
    ) -> str:
        """The path of a wish. Raises Inexpressible when the template is None."""
        if template is None:
            raise Inexpressible(f"{self.name} has no such parameter")
        there = (self.pictures or {}).get(picture, picture)
        return (template or self.spelling.plain).format(picture=there, width=width, format=format, **more)

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        format: str = "avif",
        method: str = "GET",
    ) -> Answer:
        """Ask for a path; a server that only negotiates is told the format."""
        told = {"Accept": f"image/{format}"} if self.accept else {}
        return send(self.server.port, path, {**told, **(headers or {})}, method=method)

    def ask(self, headers: Mapping[str, str] | None = None, *, method: str = "GET", **wish: object) -> Answer:
        """Ask for a wish in the plain spelling."""
        return self.get(self.path(**wish), headers, format=str(wish.get("format", "avif")), method=method)  # type: ignore[arg-type]

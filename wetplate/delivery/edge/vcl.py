"""What Varnish is told: one template for the edge and for a shield between it and the origin. Pure.

Here: the values of one cache and the text they make. Not here: running it (`varnish`), what a response may
live (`delivery.caching` says so to everybody; the text obeys it).

Rules that the text keeps, each proven on a running Varnish by `tests/delivery/edge`:
1. The path is the key: no query, no Host, no cookie, no other header. Under /auto/ the folded Accept joins
   it, four spellings at most. Elsewhere Accept is dropped.
2. What is no path of ours is refused here, without asking the origin; so is every method but GET and HEAD.
3. Nothing a client says of itself is believed: forwarding and rewriting headers are dropped, the address the
   origin hears is the one that connected. Only caches named in `behind` are believed.
4. Private is passed: never stored, never coalesced, Authorization kept.
5. One fetch for any number of equal cold requests. Stale for a minute while asking again; stale for an hour
   when the origin fails; never what was purged, for a purge is hard. Whatever the origin says, nothing is
   served that it has not confirmed within a day.
6. Failures are not kept, but that one answers for a second; refusals (4xx) live 5 s at most.
7. A purge marks its tags for a while. A fetch that brings a marked tag may have begun before the purge: it is
   made once more, and its result kept for a second at most. So no purge loses a race against a slow fetch, or
   against an origin that is slow to hear.
8. Purging takes an address of `purge_from` and the token; each refusal is logged, and too many are throttled.
"""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from wetplate.errors import SettingError

LONGEST_PATH: Final = 512
#: Plain segments, and the one well-known address; what operators ask is not there for strangers.
PATH: Final = (
    rf"^(?=/.{{0,{LONGEST_PATH - 1}}}$)(?!/(?:metrics|readyz))"
    r"(?:/\.well-known/jwks\.json|(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*/?)$"
)
TAGS_PER_PURGE: Final = 16
TAGS_PER_OBJECT: Final = 24
TOKEN_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

#: Headers that no origin hears: where a client claims to come from, and hints that would multiply the keys.
DROPPED: Final = (
    *("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto"),
    *("X-Forwarded-Scheme", "X-Forwarded-Server", "X-Host", "X-HTTP-Method-Override", "X-Original-URL"),
    *("X-Real-IP", "X-Rewrite-URL", "Accept-Language", "Device-Memory", "Downlink", "DPR", "ECT", "RTT"),
    *("Sec-CH-DPR", "Sec-CH-Viewport-Width", "Sec-CH-Width", "Viewport-Width", "Width"),
)


@dataclass(frozen=True)
class Edge:
    """One cache.

    Attributes:
        origin: where it fetches: `http://host:port`.
        token: what a purge must carry.
        name: what it calls itself in Cache-Status: `edge` or `shield`.
        purge_from: networks a purge may come from.
        behind: networks of caches in front of this one (edges before a shield, a CDN before an edge): they
            are believed in X-Forwarded-For and told the tags and the shared life.
        closed: whether only those are answered.
        misses: files not in the cache that a client may ask for in a minute.
        fetch_seconds: how long the origin may take to begin its answer.
        mark_seconds: how long a purge keeps watch for late answers; longer than any fetch, and than the time
            after which an origin without news serves nothing.
        revalidate_seconds: how long stale is served while asking again.
        stale_seconds: how long stale is served when the origin fails.
        longest_seconds: after which nothing is served that the origin has not confirmed again.
        probe_seconds: how often the origin is asked whether it lives.
    """

    origin: str
    token: str
    name: str = "edge"
    purge_from: tuple[str, ...] = ("127.0.0.1", "::1")
    behind: tuple[str, ...] = ()
    closed: bool = False
    misses: int = 600
    fetch_seconds: float = 20
    mark_seconds: float = 60
    revalidate_seconds: float = 60
    stale_seconds: float = 3_600
    longest_seconds: float = 86_400
    probe_seconds: float = 1

    def __post_init__(self) -> None:
        if not self.token or set(self.token) - TOKEN_CHARACTERS:
            raise SettingError("a purge token is of letters, digits, - and _")
        if urlsplit(self.origin).scheme != "http" or not urlsplit(self.origin).hostname:
            raise SettingError(f"the edge fetches over http://host:port, not {self.origin!r}")

    @property
    def host(self) -> str:
        """The origin's host."""
        return urlsplit(self.origin).hostname or ""

    @property
    def port(self) -> int:
        """The origin's port."""
        return urlsplit(self.origin).port or 80


def render(edge: Edge) -> str:
    """The VCL of this cache. Raises SettingError for networks that are none."""
    environment = Environment(
        loader=PackageLoader("wetplate.delivery.edge", "."), undefined=StrictUndefined, autoescape=False
    )
    environment.filters["acl"] = acl
    return environment.get_template("edge.vcl.j2").render(
        edge=edge,
        path=PATH,
        dropped=DROPPED,
        tags_per_purge=TAGS_PER_PURGE,
        tags_per_object=TAGS_PER_OBJECT,
    )


def acl(network: str) -> str:
    """A network as an entry of an ACL: `"10.0.0.0"/8;`. Raises SettingError."""
    try:
        read = ip_network(network)
    except ValueError as error:
        raise SettingError(f"{network!r} is no address and no network: {error}") from error
    return f'"{read.network_address}"/{read.prefixlen};'

"""A request with what its answer must be, and the answer that came. Values only.

Here: both, and what an answer says of the caches it came through. Not here: whether it is right (`judge`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wetplate.delivery.probe import fields

EDGE = "edge"  # part of the name of every edge of ours in Cache-Status


class Kind(StrEnum):
    """What is asked for."""

    MANIFEST = "manifest"
    DERIVATIVE = "derivative"
    TRANSFORM = "transform"
    AUTO = "auto"
    REVALIDATED = "revalidated"
    HEAD = "head"
    PART = "part"
    FORGED = "forged"
    UNKNOWN = "unknown"
    GONE = "gone"

    @property
    def picture(self) -> bool:
        """Whether a picture is the right answer."""
        return self in (Kind.DERIVATIVE, Kind.TRANSFORM, Kind.AUTO)


@dataclass(frozen=True)
class Expected:
    """A request and what its answer must be.

    `size` in pixels, `digest` the first digits of the body's SHA-256, `etag` what a revalidation asks with.
    """

    path: str
    kind: Kind
    statuses: tuple[int, ...] = (200,)
    formats: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    digest: str = ""
    method: str = "GET"
    asks: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    etag: str = ""


@dataclass(frozen=True)
class Got:
    """An answer; `headers` by lower-case name, `seconds` until its last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """The header's value, empty if there is none."""
        return self.headers.get(name, "")

    @property
    def hops(self) -> list[fields.Hop]:
        """The caches it came through."""
        return fields.hops(self.header("cache-status"))

    @property
    def age(self) -> int:
        """How long ago the origin said so."""
        return fields.seconds({"age": self.header("age")}, "age") or 0

    @property
    def through_edge(self) -> bool:
        """Whether a cache stands between us and the origin."""
        return len(self.hops) > 1 or any(EDGE in hop.name for hop in self.hops) or "age" in self.headers

    @property
    def tier(self) -> str:
        """Who had it: `edge`, `memory` or `store`; `made` if nobody, empty if it cannot be told."""
        hops = self.hops
        if self.through_edge and (hops[-1].hit if hops else self.age > 0):
            return "edge"
        if not hops:
            return ""
        return "memory" if hops[0].hit else "store" if hops[0].detail == "store" else "made"

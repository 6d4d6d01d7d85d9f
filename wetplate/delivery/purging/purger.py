"""The Purger port: one cache that can be told to forget, and the ways in which it can fail to.

Here: the protocol and what every driver needs. Not here: any vendor (a module each), when to purge
(`fan_out`), whether it worked (`outside`).

Rules every driver keeps (the contract kit in tests/contracts proves them):
1. After `purge` returns, the cache has accepted to forget everything that carries one of the tags: hard, so
   that it is not served stale either.
2. Purging what is not there is no error, and purging twice does no harm.
3. Any number of tags: what the vendor takes at a time is the driver's business.
4. Everything that goes wrong is PurgeFailed, never an error of a library; it quotes no secret.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import httpx

from wetplate.errors import PurgeFailed

PATIENCE = 5.0  # seconds


class Tier(IntEnum):
    """How far from the origin. The nearer forgets first: the farther would fill up from it."""

    SHIELD = 1
    EDGE = 2
    CDN = 3


@dataclass(frozen=True)
class Purged:
    """What a cache says of a purge: how many objects it forgot, if it counts them."""

    count: int | None = None


class Purger(Protocol):
    """One cache. `kind` is a driver's word; `name` tells caches of one kind apart: `varnish 10.0.0.7:80`."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def tier(self) -> Tier: ...

    @property
    def url(self) -> str | None:
        """Where strangers ask through this cache; None: nobody can say from outside."""

    def purge(self, tags: Sequence[str]) -> Purged:
        """Forget everything that carries one of these tags. Raises PurgeFailed."""


def batches(tags: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """The tags in portions, each once."""
    once = list(dict.fromkeys(tags))
    for start in range(0, len(once), most):
        yield once[start : start + most]


def client(headers: Mapping[str, str], *, neighbour: bool = False) -> httpx.Client:
    """A client that keeps no line open between purges; `neighbour`: past any proxy of the environment."""
    limits = httpx.Limits(max_keepalive_connections=0)
    # A neighbour is asked over plain HTTP: nothing to verify, so no certificates are loaded either.
    return httpx.Client(
        timeout=PATIENCE, limits=limits, trust_env=not neighbour, verify=not neighbour, headers=headers
    )


def asked(by: httpx.Client, name: str, method: str, url: str, **said: object) -> httpx.Response:
    """One request of a driver; anything but success is PurgeFailed, with what the vendor answered."""
    try:
        response = by.request(method, url, **said)  # type: ignore[arg-type]
    except httpx.HTTPError as error:
        raise PurgeFailed(
            f"{name} does not answer ({type(error).__name__}); it is asked again later"
        ) from error
    if not response.is_success:
        raise PurgeFailed(f"{name} refused a purge: {response.status_code} {response.text[:200]!r}")
    return response

"""When to purge, and when again. Pure."""

from datetime import timedelta
from typing import Final

from wetplate.publication.states import TOPIC, Move

#: What takes bytes from the public, and nothing else: visitors bring about better files, and a purge of the
#: whole image each time would let them empty caches. A fast file lives 5 minutes there (delivery.caching).
TOPICS: Final = (TOPIC[Move.TAKE_DOWN], TOPIC[Move.UNPUBLISH])

#: No cache keeps anything longer (delivery.caching, delivery.edge.vcl); older events need no purge.
LONGEST: Final = timedelta(hours=25)
#: The slowest fetch, and an origin that heard nothing, are over by then (WETPLATE_STALENESS, fetch_seconds).
SETTLING: Final = timedelta(seconds=65)
FIRST: Final = 0.1
SLOWEST: Final = 300.0


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: tenths of seconds at first, five minutes at most."""
    return timedelta(seconds=min(FIRST * 2.5 ** max(attempts - 1, 0), SLOWEST) if attempts < 20 else SLOWEST)

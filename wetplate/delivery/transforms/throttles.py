"""How much anybody may make us compute: a moving window per client and per image, in this process.

Here: the windows. Not here: who the client is (`clients`). Only work that nobody has begun is counted: what
stands, and what others already wait for, costs nothing.
"""

from math import ceil
from time import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from wetplate.errors import Busy


class Throttles:
    """`per_client` and `per_image` pieces of work a minute; 0: unlimited."""

    def __init__(self, per_client: int, per_image: int) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._limits = (
            ("client", _a_minute(per_client), "you ask for many new sizes; slow down"),
            ("image", _a_minute(per_image), "many new sizes of this picture are being made; try again"),
        )

    def admit(self, client: str, image: str) -> None:
        """Count one piece of work; an empty name is not counted. Raises Busy."""
        named = list(zip(self._limits, (client, image), strict=True))
        for (kind, limit, says), name in named:
            if limit and name and not self._windows.test(limit, kind, name):
                reset = self._windows.get_window_stats(limit, kind, name).reset_time
                raise Busy("rate_limit", says, retry_after=max(1, ceil(reset - time())))
        for (kind, limit, _), name in named:
            if limit and name:
                self._windows.hit(limit, kind, name)


def _a_minute(count: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(count) if count else None

"""How often anybody may try: moving windows per address and per session, in this process.

Here: the windows. Not here: the wait of one account, which all processes share (`accounts`); who the client
is (`delivery.transforms.clients`).
"""

from collections.abc import Sequence
from math import ceil
from time import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from wetplate.errors import TooOften

SIGN_INS = (RateLimitItemPerMinute(10), RateLimitItemPerHour(60))
POSTS = (RateLimitItemPerMinute(240),)


class Throttles:
    """Sign-ins an address may try, posts a session may send."""

    def __init__(
        self, sign_ins: Sequence[RateLimitItem] = SIGN_INS, posts: Sequence[RateLimitItem] = POSTS
    ) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._sign_ins, self._posts = sign_ins, posts

    def sign_in(self, address: str) -> None:
        """Count one try from this address, right or wrong. Raises TooOften."""
        self._count(self._sign_ins, "sign-in", address, "too many sign-ins were tried from this address")

    def post(self, session: str) -> None:
        """Count one form of this session. Raises TooOften."""
        self._count(self._posts, "post", session, "more was sent than a person can click")

    def _count(self, limits: Sequence[RateLimitItem], kind: str, name: str, says: str) -> None:
        for limit in limits:
            if not self._windows.hit(limit, kind, name):
                reset = self._windows.get_window_stats(limit, kind, name).reset_time
                seconds = max(1, ceil(reset - time()))
                raise TooOften(f"{says}: wait {seconds} s and try again", retry_after=seconds)

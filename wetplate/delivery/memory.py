"""Answers kept in memory: bounded by bytes, dropped by what they are about.

Here: keeping, finding, dropping. Not here: what an answer is (`origin.answers`), where its bytes come from
(`origin.bodies`), whether it may be given at all (`standing`, `news`).

Rules:
1. The bytes held never exceed `most`; what was asked for longest ago goes first. An answer larger than an
   eighth of that is not kept, so that one file cannot empty the memory.
2. Everything about one image (or one family) goes at once, by one call: that is how news takes effect.
3. Only the event loop touches it: no locks.
"""

from collections import OrderedDict
from typing import Generic, Protocol, TypeVar

from wetplate import metrics

OVERHEAD = 4_096  # headers, keys and dictionary entries of one answer, rounded up
LARGEST_SHARE = 8


class Kept(Protocol):
    """What is asked of an answer: its body, and when it grows old (`time.monotonic` seconds)."""

    @property
    def body(self) -> bytes: ...

    @property
    def until(self) -> float: ...


Answer = TypeVar("Answer", bound=Kept)


class Memory(Generic[Answer]):
    """A least-recently-used cache of answers by key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self._kept: OrderedDict[bytes, tuple[Answer, str]] = OrderedDict()
        self._about: dict[str, set[bytes]] = {}
        self._bytes = metrics.CACHE_BYTES.bound("memory")
        self._evictions = metrics.CACHE_EVICTIONS.bound("memory")

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes, now: float) -> Answer | None:
        """The answer, if it is kept and not too old."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept[0].until < now:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept[0]

    def put(self, key: bytes, answer: Answer, about: str) -> bool:
        """Keep the answer, which is about this image or family; says whether there was room."""
        self._drop(key)
        size = _size(key, answer)
        if size > self.most // LARGEST_SHARE:
            return False
        while self.held + size > self.most:
            self._drop(next(iter(self._kept)))
            self._evictions.inc()
        self._kept[key] = (answer, about)
        self._about.setdefault(about, set()).add(key)
        self._hold(size)
        return True

    def forget(self, about: str) -> int:
        """Drop every answer about this; gives how many there were."""
        keys = self._about.get(about, set()).copy()
        for key in keys:
            self._drop(key)
        return len(keys)

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._about.clear()
        self._hold(-self.held)

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        answer, about = kept
        keys = self._about[about]
        keys.discard(key)
        if not keys:
            del self._about[about]
        self._hold(-_size(key, answer))

    def _hold(self, more: int) -> None:
        self.held += more
        self._bytes.set(self.held)


def _size(key: bytes, answer: Kept) -> int:
    return len(answer.body) + 2 * len(key) + OVERHEAD

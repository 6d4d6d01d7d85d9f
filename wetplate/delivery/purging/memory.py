"""A cache in memory that can be purged: the fake of the port, for tests and trials."""

from collections.abc import Sequence

from wetplate.delivery.purging.purger import Purged, Tier
from wetplate.errors import PurgeFailed


class MemoryCache:
    """Holds paths with their tags; `down` makes it fail. `purges` records what it was told."""

    kind = "none"

    def __init__(self, name: str = "memory", tier: Tier = Tier.EDGE, url: str | None = None) -> None:
        self.name, self.tier, self.url = name, tier, url
        self.held: dict[str, frozenset[str]] = {}
        self.purges: list[tuple[str, ...]] = []
        self.down = False

    def keep(self, path: str, *tags: str) -> None:
        """Hold this path under these tags."""
        self.held[path] = frozenset(tags)

    def purge(self, tags: Sequence[str]) -> Purged:
        """See the port."""
        if self.down:
            raise PurgeFailed(f"{self.name} is down")
        self.purges.append(tuple(tags))
        doomed = [path for path, carried in self.held.items() if carried & set(tags)]
        for path in doomed:
            del self.held[path]
        return Purged(len(doomed))

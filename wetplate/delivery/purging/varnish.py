"""Varnish with our VCL: the method PURGE, tags in the header `xkey`, how many objects went in the answer."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from wetplate.delivery.edge.vcl import TAGS_PER_PURGE
from wetplate.delivery.purging.purger import Purged, Tier, asked, batches, client
from wetplate.errors import PurgeFailed

TIERS = {"shield": Tier.SHIELD, "varnish": Tier.EDGE}


class VarnishPurger:
    """One instance; `kind` is `varnish` for an edge, `shield` for a shield."""

    def __init__(self, url: str, token: str, kind: str = "varnish") -> None:
        self.url: str | None = url.rstrip("/")
        self.kind, self.tier = kind, TIERS[kind]
        self.name = f"{kind} {urlsplit(url).netloc}"
        self._asked_at = f"{self.url}/"
        self._token = token
        self._client = client({}, neighbour=True)

    def purge(self, tags: Sequence[str]) -> Purged:
        """See the port. The count is of all tags together."""
        return Purged(sum(self._purge(batch) for batch in batches(tags, TAGS_PER_PURGE)))

    def _purge(self, tags: Sequence[str]) -> int:
        said = {"X-Wetplate-Token": self._token, "xkey": " ".join(tags)}
        response = asked(self._client, self.name, "PURGE", self._asked_at, headers=said)
        try:
            return int(response.json()["purged"])
        except (ValueError, KeyError, TypeError) as error:
            raise PurgeFailed(
                f"{self.name} answered {response.text[:60]!r}, not how much it forgot: is it ours?"
            ) from error

"""Fastly: `POST /service/{id}/purge` with the tags in `Surrogate-Key`, at most 256 at a time.

Source: Fastly API reference, "Purge multiple surrogate key tags". Without `Fastly-Soft-Purge` it is hard.
"""

from collections.abc import Sequence

from wetplate.delivery.purging.purger import Purged, Tier, asked, batches, client

API = "https://api.fastly.com"
MOST = 256


class FastlyPurger:
    """One service; `url` is where strangers ask."""

    kind = "fastly"
    tier = Tier.CDN

    def __init__(self, service: str, token: str, url: str | None = None, *, api: str = API) -> None:
        self.name, self.url = f"fastly {service}", url
        self._asked_at = f"{api}/service/{service}/purge"
        self._client = client({"Fastly-Key": token, "Accept": "application/json"})

    def purge(self, tags: Sequence[str]) -> Purged:
        """See the port. Fastly does not count."""
        for batch in batches(tags, MOST):
            headers = {"Surrogate-Key": " ".join(batch)}
            asked(self._client, self.name, "POST", self._asked_at, headers=headers)
        return Purged()

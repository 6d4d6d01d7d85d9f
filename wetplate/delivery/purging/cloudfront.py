"""CloudFront: an invalidation whose items are `#tag`, at most 3,000 at a time.

Source: Amazon CloudFront Developer Guide, "Invalidating content by cache tags". The distribution must name
the header `Cache-Tag` in its CacheTagConfig; without it CloudFront accepts the invalidation and forgets
nothing, which is why every purge is verified from outside. Credentials come from where boto3 finds them.
"""

from collections.abc import Sequence
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wetplate.delivery.purging.purger import PATIENCE, Purged, Tier, batches
from wetplate.errors import PurgeFailed

MOST = 3_000
GLOBAL = "us-east-1"  # CloudFront is one for the world and signs for this region


class CloudFrontPurger:
    """One distribution; `url` is where strangers ask. `client` is boto3's, for tests."""

    kind = "cloudfront"
    tier = Tier.CDN

    def __init__(self, distribution: str, url: str | None = None, *, client: object = None) -> None:
        self.name, self.url = f"cloudfront {distribution}", url
        self._distribution = distribution
        patience = Config(connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"total_max_attempts": 1})
        region = boto3.Session().region_name or GLOBAL
        self._client = client or boto3.client("cloudfront", region_name=region, config=patience)

    def purge(self, tags: Sequence[str]) -> Purged:
        """See the port. CloudFront does not count, and takes up to a minute."""
        for batch in batches(tags, MOST):
            items = [f"#{tag}" for tag in batch]
            try:
                self._client.create_invalidation(  # type: ignore[attr-defined]
                    DistributionId=self._distribution,
                    InvalidationBatch={
                        "Paths": {"Quantity": len(items), "Items": items},
                        "CallerReference": f"wetplate-{uuid4()}",
                    },
                )
            except (BotoCoreError, ClientError) as error:
                raise PurgeFailed(f"{self.name} refused a purge: {error}") from error
        return Purged()

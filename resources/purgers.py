"""The caches that must forget. Gives the Purgers of WETPLATE_PURGERS, nearest to the origin first."""

import dagster as dg

from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.targets import configured
from wetplate.settings import serving, settings


class PurgersResource(dg.ConfigurableResource[tuple[Purger, ...]]):
    """None where none is configured."""

    def create_resource(self, context: dg.InitResourceContext) -> tuple[Purger, ...]:
        return configured(serving(), settings().var)

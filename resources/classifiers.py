"""The detectors. Gives a function from a policy to its open classifiers: each family names its own policy."""

import dagster as dg

from wetplate.moderation.detectors import OpenClassifiers, open_classifiers


class ClassifiersResource(dg.ConfigurableResource[OpenClassifiers]):
    """Opens the detectors a policy names; one that is not installed answers with an error, hence review."""

    def create_resource(self, context: dg.InitResourceContext) -> OpenClassifiers:
        return open_classifiers

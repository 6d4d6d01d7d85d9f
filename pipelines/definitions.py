"""The code location: everything Dagster knows of Wetplate, assembled.

Importing this module reads no environment and loads no model; `definitions()` is called by Dagster's loaders.
`build(**overrides)` gives fresh Definitions with other resources, for tests.
"""

import dagster as dg

from assets import (
    canonical_images,
    checks,
    derivatives,
    moderation_verdicts,
    paintings,
    provenance,
    publications,
    recipes,
)
from pipelines import engines, jobs, schedules, sensors
from resources.classifiers import ClassifiersResource
from resources.database import DatabaseResource
from resources.families import FamiliesResource
from resources.objects import ObjectsResource
from resources.painter import PainterResource
from resources.purgers import PurgersResource
from resources.signer import SignerResource
from wetplate.settings import Settings, settings

STAGES = [
    recipes.recipes,
    paintings.paintings,
    moderation_verdicts.moderation_verdicts,
    canonical_images.canonical_images,
    provenance.provenance,
    derivatives.derivatives,
    publications.publications,
]


def outside() -> dict[str, object]:
    """The outside; each resource reads its settings when a step asks for it."""
    return {
        "family_files": FamiliesResource(),
        "database": DatabaseResource(),
        "objects": ObjectsResource(),
        "painter": PainterResource(),
        "open_classifiers": ClassifiersResource(),
        "signer": SignerResource(),
        "purgers": PurgersResource(),
    }


def build(now: Settings, **overrides: object) -> dg.Definitions:
    """Definitions for these settings, with some resources replaced."""
    return dg.Definitions(
        assets=STAGES,
        asset_checks=checks.ALL,
        jobs=jobs.ALL,
        schedules=schedules.ALL,
        sensors=sensors.ALL,
        resources={**outside(), **overrides},
        executor=engines.executor(now.executor),
    )


@dg.definitions
def definitions() -> dg.Definitions:
    """What `dagster` and `dg` load."""
    return build(settings())

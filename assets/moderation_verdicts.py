"""Stage 3: every painting gets a verdict. The verdict row is the gate.

Nothing downstream trusts anything else.
"""

from collections.abc import Iterator, Sequence

import dagster as dg
from sqlalchemy import Engine

from assets.figures import Figures, histogram, sheet, standing
from assets.hardware import again
from assets.partitions import families
from wetplate.generation.studio import batches
from wetplate.moderation import catalog
from wetplate.moderation.detectors import OpenClassifiers, abilities
from wetplate.moderation.judge import judge
from wetplate.moderation.policy import Policy, load
from wetplate.moderation.signals import Classifier
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

TOGETHER = 16


@dg.asset(
    partitions_def=families,
    deps=["paintings"],
    group_name="moderation",
    kinds={"postgres"},
    retry_policy=again(),
)
def moderation_verdicts(
    context: dg.AssetExecutionContext,
    open_classifiers: dg.ResourceParam[OpenClassifiers],
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> dg.MaterializeResult[None]:
    """Signals of every detector the policy names, and the verdict that follows from them.

    Unsure means review.
    """
    slug = context.partition_key
    with transaction(database) as session:
        policy = load(family_of(session, slug).moderation.policy)
    with open_classifiers(policy) as classifiers:
        judged = sum(_judge(database, objects, slug, policy, classifiers))
        seen = dg.MetadataValue.md(abilities(classifiers))
    with transaction(database) as session:
        scores = histogram(catalog.highest_scores(session, slug))
    figures: Figures = {"judged": judged, "detectors": seen, "scores": scores}
    return dg.MaterializeResult(metadata={**figures, **standing(database, slug), **sheet(slug, "verdicts")})


def _judge(
    database: Engine, objects: Objects, slug: str, policy: Policy, classifiers: Sequence[Classifier]
) -> Iterator[int]:
    """Judge what has no verdict of this policy yet, some paintings a transaction; gives how many."""
    with transaction(database) as session:
        waiting = catalog.unjudged(session, slug, policy, classifiers)
    for rows in batches(waiting, TOGETHER):
        judged = judge(catalog.pending(objects, rows), classifiers, policy)
        with transaction(database) as session:
            catalog.record(session, judged, slug)
        yield len(judged)

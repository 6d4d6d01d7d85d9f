"""Stage 3: every painting gets a verdict. The verdict row is the gate.

Nothing downstream trusts anything else. Run again after a policy or a detector changed, it judges again what
the machine judged; a person's verdict stands, and gets the new signals beside it.
"""

from collections.abc import Iterator

import dagster as dg
from sqlalchemy import Engine

from assets.figures import Figures, histogram, sheet, standing
from assets.hardware import again
from assets.partitions import families
from wetplate.generation.studio import batches
from wetplate.moderation import calibration, catalog, heard, policies, worklist
from wetplate.moderation.catalog import Unjudged
from wetplate.moderation.detectors import OpenClassifiers, abilities
from wetplate.moderation.judge import Panel, judge
from wetplate.moderation.sampling import audit
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

    Unsure means review. A painting whose bytes cannot be read stays without verdict and is told.
    """
    slug = context.partition_key
    with transaction(database) as session:
        policy = policies.enter(session, family_of(session, slug).moderation.policy)
        records = calibration.records(session)
    with open_classifiers(policy) as classifiers:
        rounds = list(_judge(database, objects, slug, Panel(policy, classifiers, records)))
        seen = dg.MetadataValue.md(abilities(classifiers))
    unread = [refusal for _, refusals in rounds for refusal in refusals]
    for refusal in unread:
        context.log.warning(refusal)
    figures: Figures = {"judged": sum(count for count, _ in rounds), "unread": unread[:20], "detectors": seen}
    return dg.MaterializeResult(metadata={**figures, **_figures(database, slug)})


def _judge(database: Engine, objects: Objects, slug: str, panel: Panel) -> Iterator[tuple[int, list[str]]]:
    """Judge what has no verdict of this policy yet, and have the rest looked at by detectors that are new.

    Some paintings a transaction; gives how many were judged, and which could not be (unread, blocked since).
    """
    with transaction(database) as session:
        worklist.sync(session, slug)
        waiting = catalog.unjudged(session, slug, panel.policy, panel.classifiers)
        decided = catalog.unscored(session, slug, panel.classifiers)
    for rows in batches(waiting, TOGETHER):
        yield _judged(database, objects, slug, panel, rows)
    for rows in batches(decided, TOGETHER):
        _judged(database, objects, slug, panel, rows)


def _judged(
    database: Engine, objects: Objects, slug: str, panel: Panel, rows: list[Unjudged]
) -> tuple[int, list[str]]:
    pending, unread = catalog.readable(objects, rows)
    judged = judge(pending, panel.classifiers, panel.policy, panel.records)
    with transaction(database) as session:
        refused = catalog.record(session, judged, slug)
    return len(judged) - len(refused), unread + refused


def _figures(database: Engine, slug: str) -> Figures:
    with transaction(database) as session:
        scores, samples = heard.highest_scores(session, slug), audit(session, slug)
    figures: Figures = {"scores": histogram(scores), "audit": str(samples)}
    return figures | standing(database, slug) | sheet(slug, "verdicts")

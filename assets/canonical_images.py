"""Stage 4: what moderation approved becomes canonical, exactly once."""

import dagster as dg
from sqlalchemy import Engine

from assets.figures import sheet, standing
from assets.hardware import again
from assets.partitions import families
from wetplate.canonical.admission import admit, unadmitted
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects


@dg.asset(
    partitions_def=families,
    deps=["moderation_verdicts"],
    group_name="canonical",
    kinds={"postgres", "png"},
    retry_policy=again(),
)
def canonical_images(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> dg.MaterializeResult[None]:
    """The immutable originals; id = SHA-256 of the stored bytes. Each admission reads its verdict again."""
    with transaction(database) as session:
        approved = unadmitted(session, context.partition_key)
    for judged in approved:
        with transaction(database) as session:
            admit(session, objects, judged)
    figures = standing(database, context.partition_key)
    return dg.MaterializeResult(
        metadata={"new": len(approved), **figures, **sheet(context.partition_key, "canonical")}
    )

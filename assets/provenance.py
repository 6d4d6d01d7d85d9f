"""Stage 6: one provenance row per image in Postgres."""

import dagster as dg
from sqlalchemy import Engine

from assets.figures import standing
from assets.hardware import again
from assets.partitions import families
from wetplate.provenance import catalog
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import transaction


@dg.asset(
    partitions_def=families,
    deps=["canonical_images"],
    group_name="provenance",
    kinds={"postgres"},
    retry_policy=again(),
)
def provenance(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Engine]
) -> dg.MaterializeResult[None]:
    """Model, files, prompt, parameters, seed, runtime, licence and restrictions of every canonical image."""
    with transaction(database) as session:
        family = family_of(session, context.partition_key)
        missing = catalog.unrecorded(session, context.partition_key)
    for canonical_id in missing:
        with transaction(database) as session:
            catalog.record(session, canonical_id, family)
    return dg.MaterializeResult(metadata={"new": len(missing), **standing(database, context.partition_key)})

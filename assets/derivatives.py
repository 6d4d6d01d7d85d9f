"""Stage 7: the files that may leave, resized, re-encoded, marked and signed."""

import dagster as dg
from sqlalchemy import Engine

from assets.figures import looks, standing
from assets.hardware import again
from assets.partitions import families
from wetplate.derivatives.derive import derive, underived
from wetplate.derivatives.profiles import load
from wetplate.provenance.signing import Signer
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects


@dg.asset(
    partitions_def=families,
    deps=["provenance"],
    group_name="derivatives",
    kinds={"avif", "webp", "jpeg"},
    retry_policy=again(),
)
def derivatives(
    context: dg.AssetExecutionContext,
    signer: dg.ResourceParam[Signer],
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> dg.MaterializeResult[None]:
    """The derivative set of every image, as the family's profile wants it.

    Names carry the hash of the bytes.
    """
    with transaction(database) as session:
        profile = load(family_of(session, context.partition_key).publication.profile)
        missing = underived(session, context.partition_key, profile)
    for canonical_id in missing:
        with transaction(database) as session:
            derive(session, objects, signer, canonical_id, profile)
    return dg.MaterializeResult(
        metadata={
            "new": len(missing),
            "profile": profile.name,
            **looks(database, context.partition_key, profile.name),
            **standing(database, context.partition_key),
        }
    )

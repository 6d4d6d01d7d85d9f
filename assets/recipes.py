"""Stage 1: the family file becomes recipes in the catalog."""

from pathlib import Path

import dagster as dg
from sqlalchemy import Engine

from assets.partitions import families
from wetplate.recipes import catalog
from wetplate.recipes.family import find
from wetplate.storage.database import transaction


@dg.asset(partitions_def=families, group_name="recipes", kinds={"toml", "postgres"}, code_version="1")
def recipes(
    context: dg.AssetExecutionContext,
    family_files: dg.ResourceParam[Path],
    database: dg.ResourceParam[Engine],
) -> dg.MaterializeResult[None]:
    """One recipe per variant of the family; recipe id = SHA-256 of its canonical form."""
    family = find(family_files, context.partition_key)
    with transaction(database) as session:
        done = catalog.register(session, family)
    return dg.MaterializeResult(
        metadata={"variants": done.added + done.kept, "added": done.added, "retired": done.retired},
        data_version=dg.DataVersion(family.digest),
    )

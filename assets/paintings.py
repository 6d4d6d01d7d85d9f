"""Stage 2: recipes become paintings. Fans out into batches, each an op that asks for one GPU.

A retried batch paints only what it has not painted yet; a second machine can take half of the batches. What
the family's budget of the day does not allow waits, and the materialisation says how much.
"""

from collections.abc import Generator

import dagster as dg
from sqlalchemy import Engine

from assets.figures import sheet, standing
from assets.hardware import GPU_POOL, again, one_gpu
from assets.partitions import families
from wetplate.generation import budget, catalog
from wetplate.generation.painter import Painter
from wetplate.generation.shift import paint
from wetplate.generation.studio import batches
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

PER_OP = 64


@dg.op(ins={"recipes": dg.In(dg.Nothing)}, out=dg.DynamicOut(list[str]), retry_policy=again())
def unpainted_batches(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine]
) -> Generator[dg.DynamicOutput[list[str]]]:
    """The recipes still to be painted, in batches."""
    with transaction(database) as session:
        waiting = [recipe.id for recipe in catalog.unpainted(session, context.partition_key)]
    for number, batch in enumerate(batches(waiting, PER_OP)):
        yield dg.DynamicOutput(batch, mapping_key=f"batch_{number:04}")


@dg.op(pool=GPU_POOL, tags=one_gpu(), retry_policy=again())
def paint_batch(
    context: dg.OpExecutionContext,
    batch: list[str],
    painter: dg.ResourceParam[Painter],
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> float:
    """Paint what the batch still lacks, as far as today's budget goes; gives the seconds on the device."""
    slug = context.partition_key
    with transaction(database) as session:
        left = [recipe for recipe in catalog.unpainted(session, slug) if recipe.id in set(batch)]
        limits = family_of(session, slug).budget
    return sum(paint(database, objects, painter, left, limits, run_id=context.run_id))


@dg.op(out=dg.Out(dg.Nothing))
def gathered(
    context: dg.OpExecutionContext,
    seconds: list[float],
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> Generator[dg.Output[None]]:
    """All batches are in: say where the family stands."""
    with transaction(database) as session:
        catalog.look_again(session, objects, context.partition_key)
    now = standing(database, context.partition_key)
    waiting = int(now["variants"].value) - int(now["painted"].value)
    if waiting:
        with transaction(database) as session:
            left = budget.left(
                session, context.partition_key, family_of(session, context.partition_key).budget
            )
        context.log.warning(left.message(waiting))
    figures = {"seconds": sum(seconds), "waiting_for_budget": waiting, "batches": len(seconds)}
    yield dg.Output(None, metadata={**figures, **now, **sheet(context.partition_key, "paintings")})


@dg.graph_asset(
    partitions_def=families,
    group_name="paintings",
    kinds={"diffusers"},
    ins={"recipes": dg.AssetIn(dagster_type=dg.Nothing)},
)
def paintings(recipes: None) -> None:
    """One painting per recipe, waiting in the private area for its verdict."""
    return gathered(unpainted_batches(recipes).map(paint_batch).collect())  # type: ignore[no-any-return]

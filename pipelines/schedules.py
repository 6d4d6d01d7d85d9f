"""What happens by the clock: the nightly backfill of stale families, and upkeep."""

from collections.abc import Iterator

import dagster as dg
from sqlalchemy import Engine

from pipelines import jobs
from wetplate.publication.progress import stale
from wetplate.storage.database import transaction

PER_TICK = 50


@dg.schedule(
    cron_schedule="0 2 * * *",
    job=jobs.lifecycle,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=f"Families with missing or stale work, found by SQL, at most {PER_TICK} a night.",
)
def nightly_backfill(
    context: dg.ScheduleEvaluationContext, database: dg.ResourceParam[Engine]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    night = context.scheduled_execution_time.date().isoformat()
    with transaction(database) as session:
        slugs = stale(session, limit=PER_TICK, night=night)
    if not slugs:
        yield dg.SkipReason("every family is up to date")
    for slug in slugs:
        yield dg.RunRequest(
            run_key=f"nightly-{night}-{slug}", partition_key=slug, tags={"wetplate/family": slug}
        )


def upkeep(job: dg.JobDefinition, cron: str, config: dg.RunConfig | None = None) -> dg.ScheduleDefinition:
    """An upkeep job by the clock."""
    return dg.ScheduleDefinition(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=cron,
        run_config=config,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


DELETE = dg.RunConfig(ops={"sweep_objects": jobs.SweepConfig(delete=True)})

ALL = [
    nightly_backfill,
    upkeep(jobs.verify_invariants, "0 4 * * *"),
    upkeep(jobs.orphan_sweep, "0 5 * * 0", DELETE),
    upkeep(jobs.retention, "0 6 * * 0"),
]

"""What happens by the clock: the nightly backfill of stale families, and upkeep."""

from collections.abc import Iterator

import dagster as dg
from sqlalchemy import Engine

from pipelines import jobs, notices, trail
from wetplate.delivery.probe import catalog as probe
from wetplate.publication.progress import stale
from wetplate.settings import serving
from wetplate.storage.database import transaction

PER_TICK = 50
PER_PROBE = 10


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


@dg.schedule(
    cron_schedule="*/15 * * * *",
    job=jobs.probe_delivery,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=f"Published families are fetched from outside, at most {PER_PROBE} at a time.",
)
def delivery_probe(
    context: dg.ScheduleEvaluationContext, database: dg.ResourceParam[Engine]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Without a configured public address, only while something answers there."""
    from wetplate.delivery.probe.visit import answers, where  # httpx is slow to load

    url, tick = where(serving()), context.scheduled_execution_time.isoformat()
    if not serving().public_url and not answers(url):
        yield dg.SkipReason(f"nobody answers at {url}: start `make dev`, or set WETPLATE_PUBLIC_URL")
        return
    with transaction(database) as session:
        slugs = probe.out(session, tick=tick, limit=PER_PROBE)
    if not slugs:
        yield dg.SkipReason("nothing is published")
    for slug in slugs:
        yield dg.RunRequest(run_key=f"probe-{tick}-{slug}", tags=of_family(slug))


def of_family(slug: str) -> dict[str, str]:
    """Tags of a run for one family. A job of checks alone takes its partition from the tag (Dagster 1.13)."""
    return {"dagster/partition": slug, "wetplate/family": slug}


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
    delivery_probe,
    upkeep(jobs.verify_invariants, "0 4 * * *"),
    upkeep(jobs.orphan_sweep, "0 5 * * 0", DELETE),
    upkeep(jobs.transform_sweep, "30 * * * *"),
    upkeep(jobs.retention, "0 6 * * 0"),
    upkeep(notices.notice_timers, "15 * * * *"),
    trail.sealing_schedule,
    upkeep(trail.verify_trail, "30 3 * * *"),
    upkeep(trail.restricted_sweep, "45 * * * *"),
]

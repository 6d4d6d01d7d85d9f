"""The jobs. An image's life is one asset job; what is no asset (handling an event, upkeep) is an op job."""

from datetime import UTC, datetime, timedelta

import dagster as dg
from sqlalchemy import Engine

from assets import checks
from assets.hardware import again
from pipelines import notices, trail
from pipelines.retention import prune
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.relay import go_round
from wetplate.derivatives import ondemand
from wetplate.derivatives import refine as refining
from wetplate.errors import WetplateError
from wetplate.provenance.signing import Signer
from wetplate.publication import takedown, verify
from wetplate.settings import serving
from wetplate.storage import outbox, sweep
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects

# Long runs take at most some of the places (dagster.yaml), so that a takedown always finds one free; what
# visitors bring about has a lane of its own, so that no family waits for it either.
LONG = {"wetplate/lane": "family", "dagster/max_runtime": "21600"}
REFINING = {**LONG, "wetplate/lane": "refine"}

# What is public is looked at by the clock, not while it is being made.
DELIVERED = dg.AssetSelection.checks(*checks.OUTSIDE)

lifecycle = dg.define_asset_job(
    "lifecycle",
    selection=dg.AssetSelection.all() - DELIVERED,
    tags=LONG,
    description="A family from its file to its published derivatives. Run again: only the missing is made.",
)

after_decision = dg.define_asset_job(
    "after_decision",
    selection=dg.AssetSelection.assets("canonical_images").downstream() - DELIVERED,
    tags=LONG,
    description="What a reviewer decided takes effect: the approved go on, the rejected come back.",
)

rejudge = dg.define_asset_job(
    "rejudge",
    selection=dg.AssetSelection.assets("moderation_verdicts").downstream() - DELIVERED,
    tags=LONG,
    description="After a policy or a detector changed: judged again, and what follows from it. Nothing is "
    "overwritten; persons' verdicts stand. Backfill it over all families to have it at once.",
)

probe_delivery = dg.define_asset_job(
    "probe_delivery",
    selection=DELIVERED,
    description="Fetch what a family has published as a stranger would, through the edge if there is one.",
)


class EventConfig(dg.Config):
    """The outbox event to be handled."""

    event_id: int


@dg.op(retry_policy=again())
def handle_event(
    context: dg.OpExecutionContext,
    config: EventConfig,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> None:
    """Carry out a withdrawal or reinstatement; doing it twice changes nothing."""
    with transaction(database) as session:
        context.log.info(takedown.handle(session, objects, config.event_id))


@dg.job(tags={"dagster/priority": "10"}, description="A takedown or reinstatement reaches the object store.")
def carry_out() -> None:
    handle_event()


@dg.op
def purge_caches(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Engine],
    purgers: dg.ResourceParam[tuple[Purger, ...]],
) -> None:
    """Go round until nothing is due; fails while a cache is owed a purge that it does not confirm."""
    told = go_round(database, purgers, asker())
    context.log.info(str(told))
    if told.refusals:
        raise dg.Failure("purges are still owed", metadata=dict(told.refusals))


@dg.job(tags={"dagster/priority": "10"}, description="Every cache forgets what was taken down.")
def purge() -> None:
    purge_caches()


class RefineConfig(dg.Config):
    """The requests for production files to be carried out."""

    event_ids: list[int]


@dg.op(retry_policy=again())
def refine_transforms(
    context: dg.OpExecutionContext,
    config: RefineConfig,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
    signer: dg.ResourceParam[Signer],
) -> None:
    """Make each requested transform well, in a transaction of its own; what is done stays done."""
    refused = []
    for event_id in config.event_ids:
        try:
            with transaction(database) as session:
                context.log.info(refining.refine(session, objects, signer, event_id))
        except WetplateError as refusal:
            refused.append(f"event {event_id}: {refusal}")
    if refused:
        raise dg.Failure(f"{len(refused)} transforms not refined", metadata={"refusals": "\n".join(refused)})


@dg.job(tags=REFINING, description="What was made while somebody waited is made again in production quality.")
def refine() -> None:
    refine_transforms()


# A decision or takedown that is being carried out right now is not a broken invariant.
IN_FLIGHT = timedelta(minutes=30)


@dg.op
def check_invariants(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
    signer: dg.ResourceParam[Signer],
) -> None:
    """`wetplate verify` as a run: fails with the list of what is broken."""
    with transaction(database) as session:
        found = verify.verify(session, objects, read=signer.read, grace=IN_FLIGHT)
    if found:
        raise dg.Failure(
            f"{len(found)} invariants broken", metadata={"findings": "\n".join(map(str, found[:100]))}
        )
    context.log.info("every invariant holds")


@dg.job(description="Check every invariant of catalog and store.")
def verify_invariants() -> None:
    check_invariants()


class SweepConfig(dg.Config):
    """Dry run unless `delete`."""

    delete: bool = False
    grace_hours: int = 24


@dg.op
def sweep_objects(
    context: dg.OpExecutionContext,
    config: SweepConfig,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> None:
    """Two phases: mark what no row refers to; delete what was marked a grace ago and still has no row.

    A dry run (the default) only counts; the weekly schedule deletes.
    """
    with transaction(database) as session:
        report = sweep.sweep(
            session, objects, grace=timedelta(hours=config.grace_hours), delete=config.delete
        )
    context.log.info(str(report))


@dg.job(description="Find objects no row refers to.")
def orphan_sweep() -> None:
    sweep_objects()


@dg.op
def sweep_transforms(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> None:
    """Delete made-on-demand files beyond WETPLATE_TRANSFORM_STORE_BYTES, superseded and old ones first.

    Rows first, in small transactions; an object that a crash leaves behind is an orphan.
    """
    freed, most = 0, serving().transform_store_bytes
    while True:
        with transaction(database) as session:
            swept = ondemand.sweep(session, most)
        for key in swept.keys:
            objects.delete(key)
        freed += swept.bytes
        if not swept.bytes:
            break
    context.log.info(f"{freed:,} bytes freed")


@dg.job(description="Keep made-on-demand files within their share of the store.")
def transform_sweep() -> None:
    sweep_transforms()


NEWS_KEPT = timedelta(days=30)


class RetentionConfig(dg.Config):
    """How long Dagster's own runs are kept, and how many are deleted at most in one go."""

    keep_days: int = 90
    limit: int = 500


@dg.op
def prune_runs(context: dg.OpExecutionContext, config: RetentionConfig) -> None:
    """Delete old finished runs that hold no asset's latest materialisation."""
    before = datetime.now(UTC) - timedelta(days=config.keep_days)
    context.log.info(f"{len(prune(context.instance, before, config.limit))} runs deleted")


@dg.op
def prune_news(context: dg.OpExecutionContext, database: dg.ResourceParam[Engine]) -> None:
    """Delete old news of files made on demand, which visitors bring about; all other news stays as record."""
    topics = (ondemand.REQUESTED, ondemand.REFINED)
    with transaction(database) as session:
        gone = outbox.prune(session, topics, before=now() - NEWS_KEPT)
    context.log.info(f"{gone} events deleted")


@dg.job(description="Dagster never prunes its event log, and visitors fill the outbox; this empties both.")
def retention() -> None:
    prune_runs()
    prune_news()


ALL = (
    lifecycle,
    after_decision,
    rejudge,
    probe_delivery,
    carry_out,
    *notices.JOBS,
    purge,
    refine,
    verify_invariants,
    orphan_sweep,
    transform_sweep,
    retention,
    *trail.JOBS,
)

"""What happens on news: each sensor reads the outbox by monotone id, one indexed query a tick. That rules
changed is no news of the outbox: `judgements_stale` asks the catalog.

Rules: the cursor is the last id that was turned into requests; `run_key` holds an event's id, never a
family's name (Dagster deduplicates run keys for ever); several events of one family in one tick make one
run.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import dagster as dg
from sqlalchemy import Engine

from assets import partitions
from pipelines import jobs, notices
from wetplate.delivery.purging import catalog as purging
from wetplate.delivery.purging.purger import Purger
from wetplate.delivery.purging.targets import named
from wetplate.derivatives.ondemand import REQUESTED
from wetplate.errors import FamilyError
from wetplate.moderation import rejudging
from wetplate.recipes import catalog
from wetplate.recipes.family import find, slugs
from wetplate.review import counting
from wetplate.storage import outbox
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects
from wetplate.storage.outbox import Event

RUNNING = dg.DefaultSensorStatus.RUNNING
LEFT_OVER = timedelta(minutes=10)
RELAYED = timedelta(minutes=1)  # within which the origin purges by itself
BATCH = 50
LEFT = 100  # of what was left over, asked for again in one tick
NOT_OVER = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
DECIDED = ("review.decided",)
IMAGES = ("image.withdrawn", "image.reinstated")
NOTICES = ("notice.decided",)
CARRY_OUT = (
    jobs.carry_out.name
)  # by name: Dagster's own copy of a sensor with a job warns of a beta parameter


def one_run_a_family(events: Sequence[Event], why: str) -> list[dg.RunRequest]:
    """One request per family, keyed by the newest of its events."""
    newest = {event.family: event.id for event in events}
    return [
        dg.RunRequest(run_key=f"{why}-{event_id}", partition_key=slug, tags={"wetplate/family": slug})
        for slug, event_id in newest.items()
    ]


def cursor(context: dg.SensorEvaluationContext) -> int:
    """The last event id this sensor has dealt with."""
    return int(context.cursor or 0)


@dg.sensor(job=jobs.lifecycle, minimum_interval_seconds=30, default_status=RUNNING)
def family_files_changed(
    context: dg.SensorEvaluationContext,
    family_files: dg.ResourceParam[Path],
    database: dg.ResourceParam[Engine],
) -> dg.SensorResult | dg.SkipReason:
    """A new or changed family file: registers the family, adds its partition and runs its lifecycle."""
    broken = _register_changed(family_files, database)
    for refusal in broken:
        context.log.warning(refusal)
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), ("family.registered", "family.changed"))
    if not events:
        return dg.SkipReason("; ".join(broken) or "no family file is new or changed")
    return dg.SensorResult(
        run_requests=one_run_a_family(events, "family"),
        dynamic_partitions_requests=[partitions.request(sorted({event.family for event in events}))],
        cursor=str(events[-1].id),
    )


def _register_changed(root: Path, database: Engine) -> list[str]:
    """Register what is new or changed; gives the refusals of files that cannot be used."""
    broken = []
    for slug in slugs(root):
        try:
            family = find(root, slug)
        except FamilyError as refusal:
            broken.append(str(refusal))
            continue
        with transaction(database) as session:
            catalog.register(session, family)
    return broken


@dg.sensor(job=jobs.after_decision, minimum_interval_seconds=15, default_status=RUNNING)
def review_decided(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A person decided: the family's pipeline goes on without a hand."""
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), DECIDED)
    if not events:
        return dg.SkipReason("no new decisions")
    return dg.SensorResult(run_requests=one_run_a_family(events, "review"), cursor=str(events[-1].id))


@dg.sensor(job=jobs.rejudge, minimum_interval_seconds=600, default_status=RUNNING)
def judgements_stale(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A policy or a detector changed: each family is judged again, BATCH of them a tick.

    Asked for once under the same rules, and once a day while it stays stale; never while its run is not over.
    """
    with transaction(database) as session:
        found = rejudging.stale(session, limit=BATCH, turn=now().isoformat())
    for refusal in found.refusals:
        context.log.warning(refusal)
    slugs = {slug: rules for slug, rules in found.families.items() if not under_way(context.instance, slug)}
    if not slugs:
        return dg.SkipReason("; ".join(found.refusals) or "every judgement is by the present rules")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"rejudge-{rules}-{slug}-{now():%Y%m%d}",
                partition_key=slug,
                tags={"wetplate/family": slug},
            )
            for slug, rules in slugs.items()
        ]
    )


def under_way(instance: dg.DagsterInstance, slug: str) -> bool:
    """Whether a run that judges the family again is not over yet."""
    tags = {"wetplate/family": slug}
    mine = dg.RunsFilter(job_name=jobs.rejudge.name, tags=tags, statuses=NOT_OVER)
    return bool(instance.get_run_records(mine, limit=1))


@dg.sensor(minimum_interval_seconds=30, default_status=RUNNING)
def decisions_due(
    context: dg.SensorEvaluationContext,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
) -> dg.SkipReason:
    """What was decided in a console that died meanwhile counts all the same; `review_decided` hears of it."""
    settled = counting.count(database, objects)
    for outcome in settled:
        context.log.info(f"{outcome.subject[:19]}: {outcome.decision} {outcome.effect or outcome.refusal}")
    return dg.SkipReason(f"{len(settled)} decisions were due")


@dg.sensor(job_name=CARRY_OUT, minimum_interval_seconds=15, default_status=RUNNING)
def moderation_events(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A takedown or a reinstatement: one run an event, ahead of everything else in the queue."""
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), IMAGES)
    if not events:
        return dg.SkipReason("nothing was withdrawn or reinstated")
    return dg.SensorResult(
        run_requests=[_carrying_out(event, f"event-{event.id}") for event in events],
        cursor=str(events[-1].id),
    )


def left_over(
    context: dg.SensorEvaluationContext, database: Engine, topics: Sequence[str], limit: int
) -> Sequence[Event]:
    """The next so many of what nobody finished within a while.

    Batch after batch, then from the first again: those that always fail do not keep the others waiting.
    """
    with transaction(database) as session:
        ask = partial(outbox.unhandled, session, topics=topics, before=now() - LEFT_OVER, limit=limit)
        return ask(cursor=cursor(context)) or ask()


def hour() -> str:
    """Part of the run key of what is asked for again: once an hour."""
    return now().strftime("%Y%m%dT%H")


@dg.sensor(job=jobs.after_decision, minimum_interval_seconds=300, default_status=RUNNING)
def leftover_decisions(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A decision whose run crashed: the family's run is asked for again, once an hour."""
    events = left_over(context, database, DECIDED, LEFT)
    if not events:
        return dg.SkipReason("every decision is carried out")
    return dg.SensorResult(run_requests=one_run_a_family(events, f"left-{hour()}"), cursor=str(events[-1].id))


@dg.sensor(job_name=CARRY_OUT, minimum_interval_seconds=300, default_status=RUNNING)
def leftover_events(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A takedown or reinstatement whose run crashed: asked for again, once an hour."""
    events = left_over(context, database, IMAGES, LEFT)
    if not events:
        return dg.SkipReason("every takedown is carried out")
    return dg.SensorResult(
        run_requests=[_carrying_out(event, f"left-{event.id}-{hour()}") for event in events],
        cursor=str(events[-1].id),
    )


@dg.sensor(job_name=notices.carry_out_notice.name, minimum_interval_seconds=15, default_status=RUNNING)
def notices_decided(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A notice was decided: store, caches and evidence follow, one run each, ahead of everything else.

    Manifests and srcsets are made from rows when they are asked for; what regions keep of an image will hear
    of the same `image.withdrawn` that purges caches.
    """
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), NOTICES)
    if not events:
        return dg.SkipReason("no notice was decided")
    return dg.SensorResult(
        run_requests=[_about_notice(event, f"notice-{event.id}") for event in events],
        cursor=str(events[-1].id),
    )


@dg.sensor(job_name=notices.carry_out_notice.name, minimum_interval_seconds=300, default_status=RUNNING)
def leftover_notices(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A decided notice whose run crashed, or whose caches did not answer: asked for again, once an hour."""
    events = left_over(context, database, NOTICES, LEFT)
    if not events:
        return dg.SkipReason("every decided notice is carried out")
    return dg.SensorResult(
        run_requests=[_about_notice(event, f"left-notice-{event.id}-{hour()}") for event in events],
        cursor=str(events[-1].id),
    )


def _about_notice(event: Event, key: str) -> dg.RunRequest:
    config = dg.RunConfig(ops={"reach_everywhere": notices.NoticeConfig(notice=event.key)})
    return dg.RunRequest(run_key=key, run_config=config)


@dg.sensor(job_name=jobs.refine.name, minimum_interval_seconds=30, default_status=RUNNING)
def transforms_requested(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """Somebody was given a fast file: its production file is made, many in one run."""
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), (REQUESTED,), limit=BATCH)
    if not events:
        return dg.SkipReason("no new transforms were asked for")
    return dg.SensorResult(
        run_requests=[_refining(events, f"refine-{events[-1].id}")], cursor=str(events[-1].id)
    )


@dg.sensor(job_name=jobs.refine.name, minimum_interval_seconds=300, default_status=RUNNING)
def leftover_transforms(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """Production files whose run crashed: asked for again, once an hour."""
    events = left_over(context, database, (REQUESTED,), BATCH)
    if not events:
        return dg.SkipReason("every transform is refined")
    last = events[-1].id
    return dg.SensorResult(run_requests=[_refining(events, f"left-refine-{last}-{hour()}")], cursor=str(last))


def _refining(events: Sequence[Event], key: str) -> dg.RunRequest:
    ids = [event.id for event in events]
    return dg.RunRequest(
        run_key=key, run_config=dg.RunConfig(ops={"refine_transforms": jobs.RefineConfig(event_ids=ids)})
    )


def _carrying_out(event: Event, key: str) -> dg.RunRequest:
    config = dg.RunConfig(ops={"handle_event": jobs.EventConfig(event_id=event.id)})
    return dg.RunRequest(run_key=key, run_config=config)


@dg.sensor(job_name=jobs.purge.name, minimum_interval_seconds=60, default_status=RUNNING)
def purges_overdue(
    database: dg.ResourceParam[Engine], purgers: dg.ResourceParam[tuple[Purger, ...]]
) -> dg.SensorResult | dg.SkipReason:
    """A cache that nobody made forget in time: the origin's relay is away, or the cache refuses."""
    with transaction(database) as session:
        if not purging.overdue(session, named(purgers), now() - RELAYED):
            return dg.SkipReason("no cache is owed a purge")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"purge-{now():%Y%m%dT%H%M}")])


ALL = [
    family_files_changed,
    review_decided,
    decisions_due,
    judgements_stale,
    moderation_events,
    notices_decided,
    leftover_notices,
    transforms_requested,
    leftover_decisions,
    leftover_events,
    leftover_transforms,
    purges_overdue,
]

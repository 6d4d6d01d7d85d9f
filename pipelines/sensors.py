"""What happens on news: each sensor reads the outbox by monotone id, one indexed query a tick.

Rules: the cursor is the last id that was turned into requests; `run_key` holds an event's id, never a
family's name (Dagster deduplicates run keys for ever); several events of one family in one tick make one
run.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import dagster as dg
from sqlalchemy import Engine

from assets import partitions
from pipelines import jobs
from wetplate.errors import FamilyError
from wetplate.recipes import catalog
from wetplate.recipes.family import find, slugs
from wetplate.storage import outbox
from wetplate.storage.database import now, transaction
from wetplate.storage.outbox import Event

RUNNING = dg.DefaultSensorStatus.RUNNING
LEFT_OVER = timedelta(minutes=10)


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
        events = outbox.after(session, cursor(context), ("review.decided",))
    if not events:
        return dg.SkipReason("no new decisions")
    return dg.SensorResult(run_requests=one_run_a_family(events, "review"), cursor=str(events[-1].id))


@dg.sensor(job=jobs.carry_out, minimum_interval_seconds=15, default_status=RUNNING)
def moderation_events(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """A takedown or a reinstatement: one run an event, ahead of everything else in the queue."""
    with transaction(database) as session:
        events = outbox.after(session, cursor(context), ("image.withdrawn", "image.reinstated"))
    if not events:
        return dg.SkipReason("nothing was withdrawn or reinstated")
    return dg.SensorResult(
        run_requests=[_carrying_out(event, f"event-{event.id}") for event in events],
        cursor=str(events[-1].id),
    )


@dg.sensor(jobs=[jobs.after_decision, jobs.carry_out], minimum_interval_seconds=300, default_status=RUNNING)
def leftovers(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.SensorResult | dg.SkipReason:
    """Work nobody finished (a run that crashed): asked for again, once an hour."""
    with transaction(database) as session:
        events = outbox.unhandled(session, before=now() - LEFT_OVER)
    if not events:
        return dg.SkipReason("nothing is left over")
    hour = now().strftime("%Y%m%dT%H")
    return dg.SensorResult(run_requests=[_again(event, hour) for event in events])


def _again(event: Event, hour: str) -> dg.RunRequest:
    key = f"left-{event.id}-{hour}"
    if event.topic != "review.decided":
        return _carrying_out(event, key)
    tags = {"wetplate/family": event.family}
    return dg.RunRequest(run_key=key, job_name="after_decision", partition_key=event.family, tags=tags)


def _carrying_out(event: Event, key: str) -> dg.RunRequest:
    config = dg.RunConfig(ops={"handle_event": jobs.EventConfig(event_id=event.id)})
    return dg.RunRequest(run_key=key, job_name="carry_out", run_config=config)


ALL = [family_files_changed, review_decided, moderation_events, leftovers]

"""The audit trail and what is kept apart, by the clock: sealing, checking, deleting what is due.

Here: their jobs, and the schedule that seals. Not here: the tree (`wetplate.audit`), holds and the restricted
area (`wetplate.retention`).
"""

import dagster as dg
from sqlalchemy import Engine

from assets.hardware import again
from wetplate.attestation.keys import configured, trusted
from wetplate.audit import sealing
from wetplate.audit.verify import verify
from wetplate.publication.notices import forgetting
from wetplate.retention import sweeping
from wetplate.settings import reviewing, settings
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects

SHOWN = 100


@dg.op(retry_policy=again())
def seal(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> None:
    """Every committed row gets its place in the tree, and the tree a signed head."""
    key = configured(reviewing(), settings().var)
    context.log.info(str(sealing.seal(database, objects, key)))


@dg.job(tags={"dagster/priority": "5"}, description="Seal what was decided since the last signed head.")
def seal_trail() -> None:
    seal()


@dg.op
def check_trail(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> None:
    """`wetplate audit verify` as a run: fails with the list of what does not hold."""
    keys = trusted(reviewing(), settings().var)
    with transaction(database) as session:
        report = verify(session, objects, keys)
    if not report.whole:
        findings = "\n".join(map(str, report.findings[:SHOWN]))
        raise dg.Failure(f"the trail is broken: {report.count} findings", metadata={"findings": findings})
    context.log.info(f"whole: {sum(report.rows.values()):,} rows, head over {report.size:,}")


@dg.job(description="Check every row, chain, root and signature of the audit trail.")
def verify_trail() -> None:
    check_trail()


@dg.op
def sweep_restricted(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> None:
    """Delete what was moved out of reach and is due; what is under a legal hold stays and is logged."""
    swept = sweeping.sweep(database, objects, now())
    context.log.info(f"{len(swept.gone)} objects deleted: {', '.join(swept.gone[:SHOWN])}")
    if swept.failed:
        told = "\n".join(f"{key}: {why}" for key, why in list(swept.failed.items())[:SHOWN])
        raise dg.Failure(f"{len(swept.failed)} objects could not be deleted", metadata={"failed": told})


@dg.op
def forget_notices(
    context: dg.OpExecutionContext, database: dg.ResourceParam[Engine], objects: dg.ResourceParam[Objects]
) -> None:
    """Erase who said what in notices closed long ago, and delete their evidence; one stuck keeps no other."""
    gone, failed = forgetting.sweep(database, objects, now(), reviewing().notice_days)
    context.log.info(f"{len(gone)} notices forgotten: {', '.join(gone[:SHOWN])}")
    if failed:
        told = "\n".join(f"{notice}: {why}" for notice, why in list(failed.items())[:SHOWN])
        raise dg.Failure(f"{len(failed)} notices could not be forgotten", metadata={"failed": told})


@dg.job(description="Delete what was kept for its time, but for what is held: pixels, persons, evidence.")
def restricted_sweep() -> None:
    sweep_restricted()
    forget_notices()


@dg.schedule(
    cron_schedule="* * * * *",
    job=seal_trail,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Seal the audit trail when there is something new.",
)
def sealing_schedule(
    context: dg.ScheduleEvaluationContext, database: dg.ResourceParam[Engine]
) -> dg.RunRequest | dg.SkipReason:
    with transaction(database) as session:
        if not sealing.waiting(session):
            return dg.SkipReason("nothing new since the last signed head")
    return dg.RunRequest(run_key=f"seal-{context.scheduled_execution_time.isoformat()}")


JOBS = (seal_trail, verify_trail, restricted_sweep)

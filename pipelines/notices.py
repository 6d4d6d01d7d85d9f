"""The jobs of notices: a decision is carried out to the last cache; the calendar is answered.

Here: when and with what. Not here: any step (`wetplate.publication.notices`, `wetplate.delivery.notices`).
"""

import dagster as dg
from sqlalchemy import Engine

from assets.hardware import again
from wetplate.attestation import keys as attestation
from wetplate.delivery.notices.carrying_out import Reach, carry_out
from wetplate.delivery.purging.outside import asker
from wetplate.delivery.purging.purger import Purger
from wetplate.errors import PublicationError
from wetplate.publication.notices import decisions
from wetplate.settings import reviewing, serving, settings
from wetplate.storage.database import now, transaction
from wetplate.storage.objects import Objects


class NoticeConfig(dg.Config):
    """The notice that was decided."""

    notice: str


@dg.op(retry_policy=again())
def reach_everywhere(
    context: dg.OpExecutionContext,
    config: NoticeConfig,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
    purgers: dg.ResourceParam[tuple[Purger, ...]],
) -> None:
    """Carry out what was decided about a notice; doing it twice changes nothing."""
    key = attestation.configured(reviewing(), settings().var)
    reach = Reach(database, objects, purgers, asker(), key, serving().public_url)
    done = carry_out(reach, config.notice, "pipeline")
    context.log.info(str(done))
    if done.left:
        raise dg.Failure("seen from outside it does not hold yet", metadata={"left": done.left})


@dg.job(tags={"dagster/priority": "10"}, description="A decided notice reaches store, caches and evidence.")
def carry_out_notice() -> None:
    reach_everywhere()


@dg.op
def answer_timers(context: dg.OpExecutionContext, database: dg.ResourceParam[Engine]) -> None:
    """Reinstate what a counter-notice asked for and nobody went to court about; name what is late."""
    with transaction(database) as session:
        due = decisions.due(session, now())
        late = decisions.unacknowledged(session, now())
    refused = [refusal for notice in due if (refusal := _reinstated(context, database, notice))]
    if late or refused:
        told = {"no receipt yet": ", ".join(late), "not reinstated": "; ".join(refused)}
        raise dg.Failure(f"{len(late)} notices have no receipt yet, {len(refused)} are stuck", metadata=told)


def _reinstated(context: dg.OpExecutionContext, database: Engine, notice: str) -> str:
    """Reinstate one notice; why it could not be (the others go on), or nothing."""
    try:
        with transaction(database) as session:
            if not decisions.expire(session, notice):
                return ""
    except PublicationError as refusal:
        return f"{notice}: {refusal}"
    context.log.info(f"notice {notice}: the counter-notice went unanswered; its images are drafts again")
    return ""


@dg.job(description="What the calendar brings to notices: counter-notices that are due, receipts overdue.")
def notice_timers() -> None:
    answer_timers()


JOBS = (carry_out_notice, notice_timers)

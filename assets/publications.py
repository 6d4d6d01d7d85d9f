"""Stage 8: the moves between approved and public, each one transaction with its outbox event."""

import dagster as dg
from sqlalchemy import Engine

from assets.figures import Figures, sheet, standing
from assets.hardware import again
from assets.partitions import families
from wetplate.publication import decisions, moves
from wetplate.storage.database import transaction


@dg.asset(
    partitions_def=families,
    deps=["derivatives"],
    group_name="publication",
    kinds={"postgres"},
    retry_policy=again(),
)
def publications(
    context: dg.AssetExecutionContext, database: dg.ResourceParam[Engine]
) -> dg.MaterializeResult[None]:
    """What is ready goes out; what is approved no longer comes back.

    Decisions that are carried out are ticked off.
    """
    with transaction(database) as session:
        ready = moves.unpublished(session, context.partition_key)
    refused = [reason for image in ready if (reason := _publish(database, image))]
    back = _take_back(database, context.partition_key)
    with transaction(database) as session:
        decisions.settle(session, context.partition_key)
    figures: Figures = {
        "new": len(ready) - len(refused),
        "refused": refused[:20],
        "withdrawn_now": len(back),
    }
    now = standing(database, context.partition_key) | sheet(context.partition_key, "published")
    return dg.MaterializeResult(metadata={**figures, **now})


def _publish(database: Engine, canonical_id: str) -> str | None:
    """Publish one image; gives the reason if it is refused (the others go on)."""
    try:
        with transaction(database) as session:
            moves.publish(session, canonical_id, actor="pipeline")
    except moves.REFUSALS as refusal:
        return f"{canonical_id[:12]}: {refusal}"
    return None


def _take_back(database: Engine, slug: str) -> list[str]:
    """What is not approved, then what is not licensed any more: who has told news waits for no image."""
    with transaction(database) as session:
        back = moves.withdraw_rejected(session, slug)
    with transaction(database) as session:
        return back + moves.hide_unlicensed(session, slug)

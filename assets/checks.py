"""Asset checks: they mirror what Postgres already enforces, so that a person sees it in the UI.

A check is no gate: a blocking check stops only its own run. The gate is the verdict row, read inside each
step. All are partitioned, so that one family's pass says nothing of another's reject.
"""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from assets import checklist
from assets.figures import plain
from assets.partitions import families
from assets.visits import result
from wetplate import settings
from wetplate.delivery.probe import catalog as probe
from wetplate.delivery.purging.purger import Purger
from wetplate.publication import verify
from wetplate.publication.progress import Progress, progress
from wetplate.publication.verify import Finding
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

Decorate = Callable[[Callable[..., dg.AssetCheckResult]], dg.AssetChecksDefinition]


def partitioned(asset: str, name: str, says: str) -> Decorate:
    """`dg.asset_check` by family: in preview in Dagster 1.13, and the only form that keeps families apart."""

    def decorate(check: Callable[..., dg.AssetCheckResult]) -> dg.AssetChecksDefinition:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)
            return dg.asset_check(asset=asset, name=name, description=says, partitions_def=families)(check)

    return decorate


def mirror(asset: str, name: str, holds: Callable[[Progress], bool], says: str) -> dg.AssetChecksDefinition:
    """A partitioned check of a family's counts."""

    @partitioned(asset, name, says)
    def check(
        context: dg.AssetCheckExecutionContext, database: dg.ResourceParam[Engine]
    ) -> dg.AssetCheckResult:
        with transaction(database) as session:
            rows = progress(session, [context.partition_key])
        counted: dict[str, Any] = {k: v for row in rows for k, v in vars(row).items() if k != "family"}
        return dg.AssetCheckResult(passed=bool(rows) and holds(rows[0]), metadata=counted)

    return check


def audit(asset: str, rules: Iterable[str], says: str) -> dg.AssetChecksDefinition:
    """A partitioned check that runs some of `wetplate verify`'s rules on one family."""
    chosen = list(rules)

    @partitioned(asset, "_and_".join(chosen), says)
    def check(
        context: dg.AssetCheckExecutionContext,
        database: dg.ResourceParam[Engine],
        objects: dg.ResourceParam[Objects],
    ) -> dg.AssetCheckResult:
        with transaction(database) as session:
            found = verify.verify(session, objects, family=context.partition_key, rules=chosen)
        return dg.AssetCheckResult(passed=not found, metadata={"findings": _listed(found)})

    return check


@partitioned("publications", "delivered", "What is public arrives: right bytes, right headers, in time.")
def delivered(
    context: dg.AssetCheckExecutionContext, database: dg.ResourceParam[Engine]
) -> dg.AssetCheckResult:
    """Asked from outside, as a stranger would. Nobody there is a failure that says so, never a pass."""
    from wetplate.delivery.probe.visit import visit, where  # httpx would make the code location slow to load
    from wetplate.provenance.c2pa_signer import C2paSigner
    from wetplate.provenance.certificates import NOBODY

    serving = settings.serving()
    with transaction(database) as session:
        gone = probe.gone(session, context.partition_key)
    read = C2paSigner(NOBODY).read
    report = visit(where(serving), context.partition_key, gone=gone, read=read)
    return result(report, configured=bool(serving.public_url))


@partitioned("publications", "rollout", "The rollout's six questions, answered from the live system.")
def rollout(
    context: dg.AssetCheckExecutionContext,
    database: dg.ResourceParam[Engine],
    objects: dg.ResourceParam[Objects],
    purgers: dg.ResourceParam[tuple[Purger, ...]],
) -> dg.AssetCheckResult:
    """A no fails it; what could not be asked warns, and never passes for a yes."""
    from wetplate.delivery.checklist.ask import ask  # httpx would make the code location slow to load
    from wetplate.delivery.probe.visit import where

    how, names = settings.serving(), [each.name for each in purgers]
    with transaction(database) as session:
        answers = ask(
            session, objects, context.partition_key, url=where(how), origin=how.origin_url, purgers=names
        )
    return checklist.result(answers)


def _listed(found: list[Finding]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {plain(str(finding))}" for finding in found[:50]) or "none")


ALL = [
    mirror("recipes", "variants_present", lambda p: p.variants > 0, "The family yields at least one recipe."),
    mirror("paintings", "coverage", lambda p: p.painted == p.variants, "Every recipe is painted."),
    mirror(
        "moderation_verdicts",
        "judged",
        lambda p: p.approved + p.review + p.rejected == p.painted,
        "Every painting has a verdict for its very bytes.",
    ),
    mirror(
        "canonical_images",
        "admitted",
        lambda p: p.admitted >= p.approved,
        "Every approved painting is canonical.",
    ),
    audit(
        "canonical_images",
        ["canonical_objects"],
        "Every canonical's object exists, hashes to its id and has its size.",
    ),
    audit("provenance", ["provenance_complete"], "Every canonical image has its provenance row."),
    audit(
        "derivatives",
        ["derivative_objects", "public_marks", "public_texts"],
        "Files exist, hash, carry the mark, and no prompt.",
    ),
    audit("publications", ["published_approved", "withdrawn_unreachable"], "Only what is approved is out."),
    delivered,
    rollout,
]
OUTSIDE = (delivered, rollout)

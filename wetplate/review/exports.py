"""Exports: decisions and figures for whoever checks the work, without a name of anybody.

Here: reading the rows. Not here: the arithmetic (`agreement`), printing (cli).

Rules:
1. A reviewer is a pseudonym of the console. Whoever decided at the command line under a name of their own
   choosing is `operator`.
2. Free words stay inside: an export says that there is a note, not what it says, and of the details only
   those that are codes, numbers or ids (`DETAILS`). What is new among them stays inside until it is listed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from wetplate.moderation.tables import SignalRow, TaskRow
from wetplate.moderation.tasks import AUDIT, REVIEW, SECOND, TAKEDOWN
from wetplate.review.agreement import Rate, kappa, rates
from wetplate.review.reasons import APPROVE, ESCALATE, REDACT, REJECT
from wetplate.review.second import Effect
from wetplate.review.tables import DecisionRow, ReviewerRow

OPERATOR = "operator"
DETAILS = frozenset(
    {"disclosure", "effect", "first", "images", "legal_basis", "overturns", "regions", "slug"}
)
PLAIN = (
    "id",
    "stream",
    "position",
    "hash",
    "queue",
    "round",
    "object_sha256",
    "decision",
    "reason",
    "role",
)


@dataclass(frozen=True)
class Figures:
    """What `wetplate review stats` shows.

    Attributes:
        decisions: how many of each kind.
        pairs, kappa: subjects that two people decided on blindly, and how far they agreed.
        overturned_detectors: of what a detector found suspect, how much people approved.
        overturned_reviewers: of a reviewer's decisions in force, how many another one overturned.
        first_decision: seconds from task to decision, median and 95th percentile; None without any.
        lapses: holds that nobody renewed.
    """

    decisions: Mapping[str, int]
    pairs: int
    kappa: float | None
    overturned_detectors: Mapping[str, Rate]
    overturned_reviewers: Mapping[str, Rate]
    first_decision: tuple[float, float] | None
    lapses: int


def lines(session: Session, since: datetime | None = None) -> Iterator[str]:
    """Every decision as a line of JSON, oldest first."""
    known = _pseudonyms(session)
    query = select(DecisionRow).order_by(DecisionRow.id)
    if since is not None:
        query = query.where(DecisionRow.at >= since)
    for row in session.scalars(query.execution_options(yield_per=1000)):
        yield json.dumps(exported(row, known), sort_keys=True)


def exported(row: DecisionRow, known: frozenset[str]) -> dict[str, Any]:
    """A decision as it may leave; `known` are the pseudonyms of the console."""
    told = {name: getattr(row, name) for name in PLAIN}
    details = {name: value for name, value in row.details.items() if name in DETAILS}
    if overturns := str(details.get("overturns", "")):
        details["overturns"] = _actor(overturns, known)
    at = row.at.astimezone(UTC).isoformat()
    return {
        **told,
        "at": at,
        "reviewer": _name(row.reviewer, known),
        "noted": bool(row.note),
        "details": details,
    }


def figures(session: Session, since: datetime | None = None) -> Figures:
    """Counts, agreement and overturns of the decisions since then."""
    known = _pseudonyms(session)
    decided = select(DecisionRow).order_by(DecisionRow.id)
    rows = list(session.scalars(decided if since is None else decided.where(DecisionRow.at >= since)))
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row.decision] = kinds.get(row.decision, 0) + 1
    paired = _pairs(session, rows)
    return Figures(
        decisions=dict(sorted(kinds.items())),
        pairs=len(paired),
        kappa=kappa(paired),
        overturned_detectors=rates(_detectors(session, since)),
        overturned_reviewers=rates(_reviewers(rows, known)),
        first_decision=_first_decision(session, since),
        lapses=session.scalar(select(func.coalesce(func.sum(TaskRow.lapses), 0))) or 0,
    )


def _pseudonyms(session: Session) -> frozenset[str]:
    return frozenset(session.scalars(select(ReviewerRow.id)))


def _name(reviewer: str, known: frozenset[str]) -> str:
    return reviewer if reviewer in known else OPERATOR


def _actor(actor: str, known: frozenset[str]) -> str:
    return f"person:{_name(actor.removeprefix('person:'), known)}" if actor.startswith("person:") else actor


def _pairs(session: Session, rows: list[DecisionRow]) -> list[tuple[str, str]]:
    """(first, second) decisions of two people who did not know of each other's."""
    seconds = [
        row for row in rows if row.queue == SECOND and row.details.get("first") and row.decision != ESCALATE
    ]
    firsts = select(DecisionRow.id, DecisionRow.decision).where(
        DecisionRow.id.in_([row.details["first"] for row in seconds])
    )
    said = dict(session.execute(firsts).all())
    return [(said[row.details["first"]], row.decision) for row in seconds if row.details["first"] in said]


def _detectors(session: Session, since: datetime | None) -> Iterator[tuple[str, bool]]:
    """Of what a detector's revision found suspect, whether a person approved it in the end."""
    query = (
        select(SignalRow.detector, SignalRow.revision, DecisionRow.id, DecisionRow.decision)
        .join(
            DecisionRow,
            and_(
                DecisionRow.stream == SignalRow.recipe_id,
                DecisionRow.object_sha256 == SignalRow.object_sha256,
                DecisionRow.details["effect"].astext == Effect.IN_FORCE,
                DecisionRow.decision.in_((APPROVE, REJECT, REDACT)),
            ),
        )
        .where(SignalRow.score.is_not(None), SignalRow.score >= SignalRow.approve)
        .distinct()
    )
    if since is not None:
        query = query.where(DecisionRow.at >= since)
    for detector, revision, _, decision in session.execute(query):
        yield f"{detector} {revision}", decision == APPROVE


def _reviewers(rows: list[DecisionRow], known: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Of each decision in force about an image, whether the next one by somebody else overturned it."""
    overturned: set[int] = set()
    last: dict[str, DecisionRow] = {}
    for row in rows:
        if row.details.get("effect") != Effect.IN_FORCE or not row.object_sha256:
            continue
        before = last.get(row.stream)
        same = before is not None and before.object_sha256 == row.object_sha256
        if before is not None and same and (before.decision == APPROVE) != (row.decision == APPROVE):
            overturned.add(before.id)
        last[row.stream] = row
    for row in rows:
        if row.details.get("effect") == Effect.IN_FORCE and row.object_sha256:
            yield _name(row.reviewer, known), row.id in overturned


def _first_decision(session: Session, since: datetime | None) -> tuple[float, float] | None:
    first = aliased(DecisionRow)
    waited = func.extract("epoch", first.at - TaskRow.at)
    query = (
        select(
            func.percentile_cont(0.5).within_group(waited), func.percentile_cont(0.95).within_group(waited)
        )
        .join(TaskRow, TaskRow.id == first.task)
        .where(TaskRow.queue.in_((REVIEW, AUDIT, TAKEDOWN)))
    )
    if since is not None:
        query = query.where(first.at >= since)
    half, most = session.execute(query).one()
    return None if half is None else (float(half), float(most))

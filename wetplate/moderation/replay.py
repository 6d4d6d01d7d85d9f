"""Replay: every machine's verdict derived again from what was stored, and what comes out differently.

Here: reading verdicts with their evidence, deciding again under the policy as it was. Not here: the decision
(`bands`), asking detectors again (that is judging, not replaying).

Rules:
1. A verdict is a function of its signals, the prompt, its policy, and the calibration records that stood
   then. All of them are stored, so that a difference means that something was changed, or that the rule
   was.
2. What cannot be derived is told with the reason, never counted as the same: rows older than the evidence, or
   whose policy was never kept.
3. Read in pages: memory does not grow with the number of verdicts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.errors import ModerationError
from wetplate.moderation import calibration, policies
from wetplate.moderation.bands import Decision, decide
from wetplate.moderation.heard import as_signal
from wetplate.moderation.judge import POLICY, measured
from wetplate.moderation.policy import Policy, Record
from wetplate.moderation.prompts import hits
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import SignalRow, VerdictRow
from wetplate.recipes.tables import RecipeRow

PAGE = 1_000
NO_EVIDENCE = "names no evidence (older than the naming)"
NO_POLICY = "policy not stored (older than the keeping)"


@dataclass(frozen=True)
class Replayed:
    """A verdict derived again.

    `differences` say what is stored and what was derived; `why_not` why nothing could be derived.
    """

    recipe_id: str
    position: int
    object_sha256: str
    policy_sha256: str
    differences: tuple[str, ...] = ()
    why_not: str = ""


def replay(session: Session, family: str | None = None) -> Iterator[Replayed]:
    """Every verdict of the machine, oldest first, derived again."""
    rules = _Rules(session)
    last = 0
    while rows := _page(session, family, last):
        signals = _signals(session, rows)
        for row in rows:
            yield _again(row, signals, rules)
        last = rows[-1].id


class _Rules:
    """The policies as they were and the records as they stood; each policy is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._policies = dict[str, Policy | str]()
        self._records = calibration.records(session)
        self._since = calibration.since(session)

    def policy(self, sha256: str) -> Policy | str:
        """The policy, or why there is none."""
        if sha256 not in self._policies:
            try:
                self._policies[sha256] = policies.kept(self._session, sha256) or NO_POLICY
            except ModerationError as refusal:
                self._policies[sha256] = f"policy no longer read: {refusal}"
        return self._policies[sha256]

    def records(self, at: datetime) -> Mapping[str, Record]:
        """The records that stood at this moment."""
        return {key: record for key, record in self._records.items() if self._since[key] <= at}


def _again(row: Any, kept: Mapping[int, SignalRow], rules: _Rules) -> Replayed:
    about = (row.stream, row.position, row.object_sha256, row.policy_sha256)
    if row.evidence is None:
        return Replayed(*about, why_not=NO_EVIDENCE)
    policy = rules.policy(row.policy_sha256)
    if isinstance(policy, str):
        return Replayed(*about, why_not=policy)
    evidence = [kept[id] for id in row.evidence if id in kept]
    heard = [as_signal(signal) for signal in evidence]
    prompted = hits(row.prompt or "", policy.prompt_rules)
    derived = decide(heard, prompted, policy, row.object_sha256, rules.records(row.at))
    found = (*_evidence(row, evidence), *_thresholds(heard, policy), *_decision(row, derived))
    return Replayed(*about, differences=(*_policy(row, policy), *found))


def _policy(row: Any, policy: Policy) -> Iterator[str]:
    if policy.sha256 != row.policy_sha256:
        yield f"policy: its text is {policy.sha256[:12]}, the verdict names {row.policy_sha256[:12]}"


def _evidence(row: Any, evidence: Sequence[SignalRow]) -> Iterator[str]:
    gone = set(row.evidence) - {signal.id for signal in evidence}
    if gone:
        yield f"evidence: signals {sorted(gone)} are gone"
    for signal in evidence:
        if (signal.recipe_id, signal.object_sha256) != (row.stream, row.object_sha256):
            yield f"evidence: signal {signal.id} is about other bytes"


def _thresholds(heard: Sequence[Signal], policy: Policy) -> Iterator[str]:
    for signal in heard:
        now = measured(signal, policy)
        if now != signal:
            stored = (signal.slug, signal.approve, signal.reject)
            said = (now.slug, now.approve, now.reject)
            yield f"{signal.detector} {signal.label}: stored {stored}, policy {said}"


def _decision(row: Any, derived: Decision) -> Iterator[str]:
    for name in ("verdict", "reasons", "slugs", "restricted", "audit"):
        stored, now = getattr(row, name), getattr(derived, name)
        if (tuple(stored) if isinstance(stored, list) else stored) != now:
            yield f"{name}: stored {stored!r}, derived {list(now) if isinstance(now, tuple) else now!r}"


def _page(session: Session, family: str | None, last: int) -> Sequence[Any]:
    said = (VerdictRow.verdict, VerdictRow.reasons, VerdictRow.slugs, VerdictRow.restricted, VerdictRow.audit)
    about = (VerdictRow.object_sha256, VerdictRow.policy_sha256, VerdictRow.evidence, VerdictRow.at)
    prompt = RecipeRow.body["prompt"].astext.label("prompt")
    query = (
        select(VerdictRow.id, VerdictRow.stream, VerdictRow.position, *about, *said, prompt)
        .join(RecipeRow, RecipeRow.id == VerdictRow.stream)
        .where(VerdictRow.decided_by == POLICY, VerdictRow.id > last)
        .order_by(VerdictRow.id)
        .limit(PAGE)
    )
    return session.execute(query if family is None else query.where(RecipeRow.family == family)).all()


def _signals(session: Session, rows: Sequence[Any]) -> dict[int, SignalRow]:
    """The signals that a page's verdicts name, by id."""
    ids = {id for row in rows for id in row.evidence or ()}
    return {row.id: row for row in session.scalars(select(SignalRow).where(SignalRow.id.in_(ids)))}

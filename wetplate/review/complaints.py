"""Complaints: which step of a notice a decision of the console is.

Here: the translation. Not here: the steps and what they do (`publication.notices`), who must decide twice
(`second`).

Rule: what goes is out of sight in the transaction in which the decision counts, whoever carries it out later.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from wetplate.moderation.tasks import APPEAL
from wetplate.publication.notices import catalog, decisions, execute
from wetplate.publication.notices.catalog import INCLUDED, LEFT_OUT
from wetplate.publication.notices.steps import Outcome
from wetplate.review.reasons import PARTIAL, REFUSE, UPHOLD
from wetplate.review.standing import decided
from wetplate.review.tables import DecisionRow

OUTCOMES: Mapping[str, Outcome] = {
    UPHOLD: Outcome.UPHELD,
    PARTIAL: Outcome.PARTIAL,
    REFUSE: Outcome.REJECTED,
}


def step(session: Session, notice_id: str, queue: str, row: DecisionRow) -> None:
    """Take the step that a decision of this queue means. Raises NoticeStep, NoticeError, UnknownReason."""
    actor = f"person:{row.reviewer}"
    if queue == APPEAL:
        facts = str(row.details.get("facts", ""))
        decisions.decide_appeal(session, notice_id, actor, reverse=row.decision == UPHOLD, facts=facts)
    else:
        _decide(session, notice_id, actor, row)
    execute.hide(session, notice_id, actor)


def _decide(session: Session, notice_id: str, actor: str, row: DecisionRow) -> None:
    if row.decision == PARTIAL:
        _choose(session, notice_id, row.details["images"], actor)
    said = {name: str(row.details.get(name, "")) for name in ("facts", "slug")}
    heard = {f"person:{each.reviewer}" for each in decided(session, row.stream)} - {actor}
    outcome = OUTCOMES[row.decision]
    decisions.decide(session, notice_id, outcome, actor, row.reason, others=sorted(heard), **said)


def _choose(session: Session, notice_id: str, go: Sequence[str], actor: str) -> None:
    stay = [row.canonical_id for row in catalog.images(session, notice_id) if row.canonical_id not in go]
    catalog.choose(session, notice_id, go, INCLUDED, actor)
    catalog.choose(session, notice_id, stay, LEFT_OUT, actor)

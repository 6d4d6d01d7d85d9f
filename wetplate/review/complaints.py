"""Complaints: which step of a notice a decision of the console is.

Here: the translation. Not here: the steps and what they do (`publication.notices`), who must decide twice
(`second`).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from wetplate.moderation.tasks import APPEAL
from wetplate.publication.notices import catalog, decisions
from wetplate.publication.notices.catalog import INCLUDED, LEFT_OUT
from wetplate.publication.notices.steps import Outcome
from wetplate.review.reasons import PARTIAL, REFUSE, UPHOLD
from wetplate.review.tables import DecisionRow

OUTCOMES: Mapping[str, Outcome] = {
    UPHOLD: Outcome.UPHELD,
    PARTIAL: Outcome.PARTIAL,
    REFUSE: Outcome.REJECTED,
}


def step(session: Session, notice_id: str, queue: str, row: DecisionRow) -> None:
    """Take the step that a decision of this queue means. Raises NoticeStep, NoticeError, UnknownReason."""
    actor, facts = f"person:{row.reviewer}", str(row.details.get("facts", ""))
    if queue == APPEAL:
        decisions.decide_appeal(session, notice_id, actor, reverse=row.decision == UPHOLD, facts=facts)
        return
    if row.decision == PARTIAL:
        _choose(session, notice_id, row.details["images"], actor)
    decisions.decide(session, notice_id, OUTCOMES[row.decision], actor, row.reason, facts=facts)


def _choose(session: Session, notice_id: str, go: Sequence[str], actor: str) -> None:
    stay = [row.canonical_id for row in catalog.images(session, notice_id) if row.canonical_id not in go]
    catalog.choose(session, notice_id, go, INCLUDED, actor)
    catalog.choose(session, notice_id, stay, LEFT_OUT, actor)

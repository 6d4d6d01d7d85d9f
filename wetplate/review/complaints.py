"""Complaints: which step of a notice a decision of the console is.

Here: the translation. Not here: the steps and what they do (`publication.notices`).
"""

from sqlalchemy.orm import Session

from wetplate.publication.notices import catalog
from wetplate.review.tables import DecisionRow


def step(session: Session, notice_id: str, queue: str, row: DecisionRow) -> None:
    """Take the step of the notice that the decision from this queue means. Raises NoticeStep."""
    catalog.note(session, notice_id, row.decision, f"person:{row.reviewer}", reason=row.reason)

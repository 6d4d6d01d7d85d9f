"""What is forgotten of a notice that was closed long ago: who said what, and the evidence.

Here: which notices are due, and forgetting them. Not here: erasing itself (`retention.personal`), evidence
(`evidence`), the clock that asks (pipelines).

Rules:
1. A notice is due so many days after it was closed; opened again (appeal, counter-notice) it is not.
2. Nothing goes under a legal hold of the notice. A takedown places one, which a person lifts when its matter
   is over; what was due meanwhile goes with the next sweep.
3. Rows, hashes and the steps taken stay: what was decided, when, on which ground, by which pseudonym.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, or_, select
from sqlalchemy.orm import Session

from wetplate.errors import RetentionError, WetplateError
from wetplate.publication.notices import catalog, evidence
from wetplate.publication.notices.tables import EvidenceRow, NoticeRow
from wetplate.retention import holds, personal
from wetplate.retention.tables import PersonalKeyRow
from wetplate.storage.database import transaction
from wetplate.storage.objects import Objects

CLOCK = "clock"
log = logging.getLogger(__name__)


def due(session: Session, moment: datetime, days: int) -> list[str]:
    """Notices closed at least so many days ago of which something is still kept, oldest first."""
    subject = catalog.subject("") + NoticeRow.id
    known = exists().where(PersonalKeyRow.subject == subject, PersonalKeyRow.key.is_not(None))
    kept = exists().where(EvidenceRow.notice == NoticeRow.id, EvidenceRow.deleted_at.is_(None))
    query = select(NoticeRow.id).where(NoticeRow.closed_at <= moment - timedelta(days=days), or_(known, kept))
    return list(session.scalars(query.order_by(NoticeRow.closed_at)))


def sweep(
    database: Engine, objects: Objects, moment: datetime, days: int
) -> tuple[list[str], dict[str, str]]:
    """Forget what is due, each notice in a transaction of its own; what went, and what failed with why."""
    gone, failed = list[str](), dict[str, str]()
    with transaction(database) as session:
        waiting = due(session, moment, days)
    for notice in waiting:
        try:
            with transaction(database) as session:
                gone += [notice] if forget(session, objects, notice, moment) else []
        except WetplateError as refusal:
            failed[notice] = str(refusal)
    return gone, failed


def forget(session: Session, objects: Objects, notice_id: str, moment: datetime) -> bool:
    """Erase who said what, delete the evidence; whether it could be (a hold is logged). Again: nothing."""
    subject = catalog.subject(notice_id)
    row = catalog.locked(session, notice_id)
    if row.closed_at is None:
        return False
    try:
        holds.require_free(session, subject)
    except RetentionError as refusal:
        log.warning("%s stays: %s", subject, refusal)
        return False
    personal.erase(session, subject, CLOCK, "closed for as long as it is kept")
    evidence.delete(session, objects, notice_id, moment)
    return True

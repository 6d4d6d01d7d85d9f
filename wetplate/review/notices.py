"""Deciding about a notice at once: for its own page and for the command line.

Here: which details such a decision carries. Not here: what a decision is (`decisions`), which step it means
(`complaints`). It is recorded, refused and seconded as one made in a queue.
"""

from sqlalchemy.orm import Session

from wetplate.moderation import tasks
from wetplate.publication.notices import catalog, steps
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions, effects
from wetplate.review.access import Person
from wetplate.review.decisions import Outcome
from wetplate.review.reasons import PARTIAL
from wetplate.storage.objects import Objects


def settle(
    session: Session,
    objects: Objects,
    notice_id: str,
    person: Person,
    decision: str,
    reason: str,
    facts: str = "",
    slug: str = "",
    *,
    wrapping: Wrapping | None = None,
) -> Outcome:
    """Decide on what waits about the notice; in part means: the images that are included now.

    Raises NoticeStep for whoever decided before the appeal, and what `decisions.settle` raises.
    """
    subject = catalog.subject(notice_id)
    effects.lock(session, subject)
    if tasks.of(session, tasks.APPEAL, subject) is not None:
        steps.second(person.actor, catalog.deciders(session, notice_id))
    images = catalog.included(session, notice_id) if decision == PARTIAL else []
    details = {"facts": facts, "slug": slug, "images": images}
    said = (decision, reason, "", details)
    return decisions.settle(session, objects, subject, person, *said, wrapping=wrapping)

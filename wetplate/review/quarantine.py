"""Quarantine, as the console asks for it: whether pixels are shown only to a senior who said why. Reads only.

Here: what stands for it, whoever said so. Not here: who then sees it (`pages.grants`), what detectors and
people said of a picture (`moderation.quarantine`).

Rules:
1. It is asked by recipe and bytes, never by one task, and everything that shows or decides asks here.
2. What a notice calls abuse of a child is in quarantine from the moment the notice comes in until it is
   refused; so is what a notice was decided on for a slug of zero tolerance.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.moderation import quarantine, taxonomy
from wetplate.publication.notices import catalog
from wetplate.publication.notices.steps import Outcome, State, Step
from wetplate.publication.notices.tables import NoticeEventRow, NoticeImageRow, NoticeRow


def restricted(session: Session, recipe_id: str, object_sha256: str) -> bool:
    """Whether these bytes of this recipe are in quarantine; a notice's subject has no bytes."""
    return bool(among(session, {recipe_id: object_sha256}))


def among(session: Session, pictures: Mapping[str, str]) -> frozenset[str]:
    """Those of these recipes in quarantine; given with the hash of their bytes."""
    return quarantine.among(session, pictures) | _accused(session, list(pictures))


def _accused(session: Session, recipe_ids: Sequence[str]) -> frozenset[str]:
    image, notice, event = NoticeImageRow, NoticeRow, NoticeEventRow
    slug = event.details["slug"].astext.in_(taxonomy.load().zero_tolerance())
    decided = exists().where(event.stream == notice.id, event.event == Step.DECIDE, slug)
    refused = or_(notice.outcome == Outcome.REJECTED, notice.state == State.ABUSIVE)
    query = (
        select(CanonicalRow.recipe_id)
        .join(image, image.canonical_id == CanonicalRow.id)
        .join(notice, notice.id == image.notice)
        .where(CanonicalRow.recipe_id.in_(recipe_ids), image.decision == catalog.INCLUDED)
        .where(or_(notice.said["minor"].astext == "true", decided), refused.is_not(True))
    )
    return frozenset(session.scalars(query))

"""Quarantine: which pictures nobody is shown unasked. Reads only.

Here: what was said of a picture by detectors and by people. Not here: what strangers say of it in a notice,
who sees it all the same (`wetplate.review`).

Rules:
1. It is decided by the picture, never by one task: what any task about the recipe, or any verdict on the
   recipe or on the same bytes, once put into quarantine stays there, whatever was opened or judged since.
2. What a person calls zero tolerance counts like what a detector suspects, also while it can still be undone.
3. An approval lets a picture go out to the public on its own road; it opens nothing here.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from wetplate.moderation import taxonomy
from wetplate.moderation.tables import TaskRow, VerdictRow

#: The reason of a person who wants nobody to see it and names no slug.
UNSEEN = "zero-tolerance"


def suspected(reason: str) -> Sequence[str]:
    """The slugs of zero tolerance that a person's reason means; none for most."""
    zero = taxonomy.load().zero_tolerance()
    if reason == UNSEEN:
        return sorted(zero)
    return [reason] if reason in zero else []


def restricted(session: Session, recipe_id: str, object_sha256: str) -> bool:
    """Whether these bytes of this recipe are in quarantine."""
    return bool(among(session, {recipe_id: object_sha256}))


def among(session: Session, pictures: Mapping[str, str]) -> frozenset[str]:
    """Those of these recipes that are in quarantine; given with the hash of their bytes, "" for none."""
    verdict, task, words = VerdictRow, TaskRow, [UNSEEN, *sorted(taxonomy.load().zero_tolerance())]
    said = or_(verdict.restricted.is_(True), verdict.reasons.has_any(cast(words, ARRAY(Text))))
    about = or_(
        verdict.stream.in_(pictures), verdict.object_sha256.in_([sha for sha in pictures.values() if sha])
    )
    judged = session.execute(select(verdict.stream, verdict.object_sha256).where(said, about)).all()
    called = or_(task.restricted, task.proposed["reason"].astext.in_(words))
    tasked = session.scalars(select(task.subject).where(task.subject.in_(pictures), called)).all()
    recipes, bytes_ = {*tasked, *(stream for stream, _ in judged)}, {sha for _, sha in judged}
    return frozenset(id for id, sha in pictures.items() if id in recipes or sha in bytes_)

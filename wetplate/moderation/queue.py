"""The review queue: what waits for a person, and the verdict of a person.

Here: reading the queue, finding one image in it, putting a person's verdict in force. Not here: who may
decide what, alone or with somebody else (`wetplate.review.decisions`), how it is shown.

Rules:
1. An image waits while a task about the bytes of its painting is open.
2. A person's verdict is one more verdict row and one event, in one transaction.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from wetplate.errors import DecisionConflict, ImageUnknown, ModerationError
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog, heard, quarantine, taxonomy
from wetplate.moderation.bands import APPROVE, REJECT, REVIEW
from wetplate.moderation.judge import Judged
from wetplate.moderation.signals import Signal
from wetplate.moderation.tables import TaskRow, VerdictRow
from wetplate.moderation.taxonomy import SLUGS
from wetplate.recipes.tables import RecipeRow

APPROVING: Mapping[str, str] = {
    "looks-right": "the product as it should look",
    "false-alarm": "a detector or a rule was wrong",
    "other": "say it in the note",
}
REASONS: Mapping[str, Mapping[str, str]] = {
    APPROVE: APPROVING,
    REJECT: {**SLUGS, "other": "say it in the note"},
}
PREFIX = re.compile(r"[0-9a-f]{6,64}\Z")
REVIEWER = re.compile(r"[\w.@+-][\w.@+ -]{0,63}\Z")
#: As reviewers of the console are recorded: a name of this shape would let one person pass for two.
PSEUDONYM = re.compile(r"r-[0-9a-f]{8}\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Waiting:
    """An image that waits for a person, in which queue, why, since when, and what the detectors said."""

    recipe_id: str
    family: str
    variant: Mapping[str, str]
    object_sha256: str
    key: str
    queue: str
    reasons: tuple[str, ...]
    since: datetime
    due_at: datetime
    signals: tuple[Signal, ...]


def waiting(session: Session, family: str | None = None) -> list[Waiting]:
    """What waits, most urgent first."""
    later = aliased(VerdictRow)
    query = (
        select(TaskRow, VerdictRow, RecipeRow, PaintingRow)
        .join(RecipeRow, RecipeRow.id == TaskRow.subject)
        .join(
            PaintingRow,
            and_(PaintingRow.recipe_id == TaskRow.subject, PaintingRow.sha256 == TaskRow.object_sha256),
        )
        .join(VerdictRow, VerdictRow.stream == TaskRow.subject)
        .where(
            TaskRow.closed_at.is_(None),
            RecipeRow.current,
            ~exists().where(later.stream == VerdictRow.stream, later.position > VerdictRow.position),
        )
        .order_by(TaskRow.due_at, RecipeRow.position)
    )
    if family is not None:
        query = query.where(RecipeRow.family == family)
    rows = session.execute(query).all()
    signals = heard.signals_of(session, [painting.sha256 for _, _, _, painting in rows])
    return [
        Waiting(
            recipe_id=recipe.id,
            family=recipe.family,
            variant=recipe.variant,
            object_sha256=painting.sha256,
            key=painting.key,
            queue=task.queue,
            reasons=tuple(verdict.reasons),
            since=task.at,
            due_at=task.due_at,
            signals=tuple(signals.get((recipe.id, painting.sha256), ())),
        )
        for task, verdict, recipe, painting in rows
    ]


def find(session: Session, prefix: str) -> str:
    """The recipe id that starts with these 6 or more hex digits. Raises ImageUnknown."""
    if not PREFIX.match(prefix):
        raise ImageUnknown(
            f"{prefix!r} is no id: expected at least 6 hex digits, as `wetplate review list` shows"
        )
    query = select(PaintingRow.recipe_id).where(PaintingRow.recipe_id.startswith(prefix)).limit(2)
    found = session.scalars(query).all()
    if not found:
        raise ImageUnknown(f"no painting's recipe id starts with {prefix}")
    if len(found) > 1:
        raise ImageUnknown(
            f"{prefix} is ambiguous: {', '.join(each[:12] for each in found)} ...; give more digits"
        )
    return found[0]


def put(
    session: Session,
    recipe_id: str,
    object_sha256: str,
    verdict: str,
    decided_by: str,
    reasons: tuple[str, ...],
    suspected: Sequence[str] = (),
) -> Judged:
    """Put a person's verdict in force on these bytes, under the policy that judged them before.

    A slug of zero tolerance among the reasons means quarantine, and so does one that is only `suspected`.
    The caller holds the recipe's lock and has seen to it that the person may. Raises DecisionConflict if the
    bytes were never judged.
    """
    row = catalog.last_verdict(session, recipe_id)
    if row is None or row.object_sha256 != object_sha256:
        raise DecisionConflict(f"{recipe_id[:12]} has not been judged yet, so nothing waits for a decision")
    known = catalog.as_judged(row, ())
    zero = [*suspected, *(slug for each in reasons for slug in quarantine.suspected(each))]
    slugs = tuple(dict.fromkeys((*known.slugs, *zero)))
    judged = replace(
        known,
        verdict=verdict,
        reasons=reasons,
        decided_by=decided_by,
        slugs=slugs,
        sensitive=taxonomy.load().sensitive(slugs),
        restricted=known.restricted or bool(zero),
        audit=False,
    )
    catalog.append(session, judged, session.get_one(RecipeRow, recipe_id).family)
    return judged


def checked_name(reviewer: str) -> str:
    """The name of somebody at a command line, if it can be recorded. Raises ModerationError."""
    if not REVIEWER.match(reviewer):
        raise ModerationError(f"{reviewer!r} is no reviewer's name: letters, digits and .@+- , at most 64")
    if PSEUDONYM.match(reviewer.strip()):
        raise ModerationError(
            f"{reviewer!r} has the shape of a console pseudonym, which nobody can take at a command line; "
            "set WETPLATE_REVIEWER to a name of your own"
        )
    return reviewer


def waiting_verdict(session: Session, recipe_id: str) -> VerdictRow:
    """The verdict `review` in force on the painting's present bytes. Raises DecisionConflict."""
    row, painting = catalog.last_verdict(session, recipe_id), session.get(PaintingRow, recipe_id)
    if row is None or painting is None or row.object_sha256 != painting.sha256:
        raise DecisionConflict(f"{recipe_id[:12]} has not been judged yet, so nothing waits for a decision")
    if row.verdict != REVIEW:
        raise DecisionConflict(
            f"{recipe_id[:12]} does not wait: {row.decided_by} decided {row.verdict} "
            f"at {row.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        )
    return row

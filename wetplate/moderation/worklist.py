"""The worklist: which verdict makes work for a person, and which work is done with.

Here: what follows for tasks from a verdict, and making up for what nobody told (`sync`). Not here: holding
and deciding (`tasks`, `wetplate.review`).

Rules:
1. The machine's `review` opens a task: in quarantine under `escalated`, an audit sample under `audit`, the
   rest under `review`. Its `approve` or `reject` closes only what the machine has opened: what a person asked
   to be looked at again stays.
2. A person's `approve` or `reject` closes whatever is open about the image.
3. What is in quarantine stays there: what else is open about it goes too, and a later `review` of it opens
   its task under `escalated`, whatever the machine says by then.
4. Work on bytes that are no longer the painting's, or on a recipe that its family dropped, is closed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from wetplate.generation.tables import PaintingRow
from wetplate.moderation import deadlines, quarantine, tasks, taxonomy
from wetplate.moderation.bands import REVIEW
from wetplate.moderation.judge import POLICY, Judged
from wetplate.moderation.tables import TaskRow, VerdictRow
from wetplate.recipes.tables import RecipeRow
from wetplate.settings import reviewing
from wetplate.storage.database import now

MACHINE = (tasks.REVIEW, tasks.AUDIT, tasks.ESCALATED)
TOGETHER = 1000  # tasks opened in one statement


def queue_of(restricted: bool, audit: bool) -> str:
    """Where an image that waits for a person belongs."""
    if restricted:
        return tasks.ESCALATED
    return tasks.AUDIT if audit else tasks.REVIEW


def follow(session: Session, judged: Judged, family: str) -> None:
    """Open and close the tasks that follow from a verdict that was just put in force."""
    restricted = quarantine.restricted(session, judged.recipe_id, judged.object_sha256)
    if restricted:
        tasks.restrict(session, judged.recipe_id)
    if judged.decided_by != POLICY:
        if judged.verdict != REVIEW:
            tasks.close(session, judged.recipe_id)
        return
    wanted = queue_of(restricted, judged.audit) if judged.verdict == REVIEW else None
    for queue in MACHINE:
        if queue != wanted:
            tasks.close(session, judged.recipe_id, queue, opened_by=POLICY)
    if wanted is not None:
        tasks.open(
            session,
            queue=wanted,
            subject=judged.recipe_id,
            object_sha256=judged.object_sha256,
            family=family,
            slugs=judged.slugs,
            sensitive=judged.sensitive,
            restricted=restricted,
            due_at=deadlines.due(wanted, now(), reviewing().sla_hours),
        )


def sync(session: Session, family: str | None = None, most: int | None = None) -> tuple[int, int]:
    """Make up for what was missed, in one family or all; gives how many tasks were opened and closed.

    Opened: images whose verdict in force is `review` and that no task is about (verdicts older than the
    tasks), `most` at once. Closed: what is about bytes or recipes that are gone.
    """
    closed = tasks.close_those(session, _stale(session, family))
    unlisted = _unlisted(session, family, most)
    batches = (unlisted[start : start + TOGETHER] for start in range(0, len(unlisted), TOGETHER))
    return sum(_listed(session, batch) for batch in batches), closed


def _listed(session: Session, unlisted: Sequence[tuple[VerdictRow, str]]) -> int:
    hours = reviewing().sla_hours
    shut = quarantine.among(session, {verdict.stream: verdict.object_sha256 for verdict, _ in unlisted})
    wanted = [_wanted(verdict, slug, hours, verdict.stream in shut) for verdict, slug in unlisted]
    return tasks.open_new(session, wanted)


def _wanted(verdict: VerdictRow, family: str, sla_hours: float, restricted: bool) -> dict[str, Any]:
    """The task that a verdict asks for."""
    slugs = tuple(verdict.slugs or ())
    queue = queue_of(restricted, bool(verdict.audit))
    return {
        "queue": queue,
        "subject": verdict.stream,
        "object_sha256": verdict.object_sha256,
        "family": family,
        "slugs": sorted(slugs),
        "sensitive": taxonomy.load().sensitive(slugs),
        "restricted": restricted,
        "due_at": deadlines.due(queue, verdict.at, sla_hours),
    }


def _unlisted(session: Session, family: str | None, most: int | None) -> Sequence[tuple[VerdictRow, str]]:
    later, task = aliased(VerdictRow), aliased(TaskRow)
    query = (
        select(VerdictRow, RecipeRow.family)
        .join(RecipeRow, and_(RecipeRow.id == VerdictRow.stream, RecipeRow.current))
        .join(PaintingRow, PaintingRow.recipe_id == VerdictRow.stream)
        .where(
            VerdictRow.verdict == REVIEW,
            VerdictRow.object_sha256 == PaintingRow.sha256,
            ~exists().where(later.stream == VerdictRow.stream, later.position > VerdictRow.position),
            ~exists().where(task.subject == VerdictRow.stream, task.closed_at.is_(None)),
        )
        .order_by(VerdictRow.stream)
        .limit(most)
    )
    if family is not None:
        query = query.where(RecipeRow.family == family)
    return [(verdict, slug) for verdict, slug in session.execute(query)]


def _stale(session: Session, family: str | None) -> Sequence[int]:
    """Notices (no bytes) and appeals stay: their images may be retired long ago."""
    query = (
        select(TaskRow.id)
        .join(RecipeRow, RecipeRow.id == TaskRow.subject)
        .outerjoin(PaintingRow, PaintingRow.recipe_id == TaskRow.subject)
        .where(
            tasks.OPEN,
            TaskRow.queue.in_((*MACHINE, tasks.SECOND)),
            or_(
                RecipeRow.current.is_(False),
                PaintingRow.sha256.is_(None),
                PaintingRow.sha256 != TaskRow.object_sha256,
            ),
        )
        .order_by(TaskRow.subject)
    )
    if family is not None:
        query = query.where(RecipeRow.family == family)
    return session.scalars(query).all()

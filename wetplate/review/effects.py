"""Effects: what a decision that counts changes in the world.

Here: verdicts, redactions, the next task, the step of a notice. Not here: which of them follows (`second`),
the decision's own row (`decisions`).

Rules:
1. Whoever decides locks the subject first (of a notice its images too), then its task, then the images, then
   the outbox: nobody waits in a circle, and who tells news waits for no store.
2. A verdict counts for the bytes that were looked at. If the picture was painted again meanwhile, nothing
   counts.
3. While a second person is asked, a person's `review` is in force: no machine approves what people have in
   hand. It says nothing of what the first one decided, but that somebody called it zero tolerance.
4. What is public goes with the decision, in its transaction: a reject and a redaction take it down, a doubt
   hides it until a person approves. No pipeline is waited for.
"""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from wetplate.canonical import catalog as canonical
from wetplate.errors import DecisionConflict
from wetplate.generation.tables import PaintingRow
from wetplate.moderation import catalog, deadlines, quarantine, queue, tasks
from wetplate.moderation.bands import APPROVE, REJECT, REVIEW
from wetplate.moderation.tables import TaskRow
from wetplate.publication import moves
from wetplate.publication.notices import catalog as notices
from wetplate.redaction.redact import redact
from wetplate.review.complaints import step
from wetplate.review.reasons import NOTICE, REDACT
from wetplate.review.second import Effect, Standing, excluded
from wetplate.review.tables import DecisionRow
from wetplate.settings import reviewing
from wetplate.storage.database import now
from wetplate.storage.objects import Objects

WAITS: Mapping[Effect, str] = {
    Effect.SECOND: "waits for a second person",
    Effect.ESCALATED: "waits for a senior reviewer",
}
QUEUES: Mapping[Effect, str] = {Effect.SECOND: tasks.SECOND, Effect.ESCALATED: tasks.ESCALATED}
Decide = Callable[[Session, Objects, TaskRow, DecisionRow], None]


def lock(session: Session, subject: str) -> None:
    """Nobody else decides about the subject before our transaction ends."""
    catalog.lock(session, subject)
    if subject.startswith(NOTICE):
        row = notices.locked(session, subject.removeprefix(NOTICE))
        moves.hold_still(session, [image.canonical_id for image in notices.images(session, row.id)])


def require_same(session: Session, task: TaskRow) -> None:
    """Return if the task is about the painting's present bytes. Raises DecisionConflict."""
    if task.subject.startswith(NOTICE):
        return
    painting = session.get(PaintingRow, task.subject, populate_existing=True)
    if painting is None or painting.sha256 != task.object_sha256:
        raise DecisionConflict("the picture was painted again meanwhile: the decision is about another one")


def carry_out(
    session: Session, objects: Objects, task: TaskRow, row: DecisionRow, effect: Effect, met: Standing
) -> None:
    """Do what follows from a recorded decision."""
    if effect is Effect.IN_FORCE:
        _in_force(session, objects, task, row, met)
        return
    if not task.subject.startswith(NOTICE):
        _doubt(session, task, row, WAITS[effect])
    _ask_another(session, task, row, QUEUES[effect], met)


def _in_force(session: Session, objects: Objects, task: TaskRow, row: DecisionRow, met: Standing) -> None:
    actor = f"person:{row.reviewer}"
    if task.subject.startswith(NOTICE):
        step(session, task.subject.removeprefix(NOTICE), met.first.queue if met.first else task.queue, row)
        return
    reasons = (row.reason, f"note: {row.note}") if row.note else (row.reason,)
    if row.decision == APPROVE:
        queue.put(session, task.subject, task.object_sha256, APPROVE, actor, reasons)
    else:
        _gone(session, objects, task, row, actor, reasons)


def _gone(
    session: Session, objects: Objects, task: TaskRow, row: DecisionRow, actor: str, reasons: tuple[str, ...]
) -> None:
    """Reject, whoever painted the same; of a redaction the covered picture comes after."""
    image = canonical.of_object(session, task.object_sha256)
    gone = [image.id] if image else []
    if row.decision == REDACT:
        canonical.alone(session, f"admit {task.object_sha256}")
    moves.hold_still(session, (), files=gone)
    if row.decision == REDACT:
        regions = [(x, y, width, height) for x, y, width, height in row.details["regions"]]
        redact(session, objects, task.subject, task.object_sha256, regions, actor, row.reason)
        reasons = ("redacted", *reasons)
    queue.put(session, task.subject, task.object_sha256, REJECT, actor, reasons)
    for id in gone:
        moves.take_back(session, id, actor, doubt=False)


def _doubt(session: Session, task: TaskRow, row: DecisionRow, why: str) -> None:
    """Put `review` in force and what is public of it out of sight; in quarantine, if the person said so."""
    actor, suspected = f"person:{row.reviewer}", quarantine.suspected(row.reason)
    image = canonical.of_object(session, task.object_sha256)
    doubted = [image.id] if image and image.recipe_id == task.subject else []
    moves.hold_still(session, doubted)
    queue.put(session, task.subject, task.object_sha256, REVIEW, actor, (why,), suspected)
    for id in doubted:
        moves.take_back(session, id, actor, doubt=True)


def _ask_another(session: Session, task: TaskRow, row: DecisionRow, into: str, met: Standing) -> None:
    names = {*excluded(met, row.decision, row.reviewer), *task.excluded}
    tasks.open(
        session,
        queue=into,
        subject=task.subject,
        object_sha256=task.object_sha256,
        family=task.family,
        slugs={*task.slugs, *quarantine.suspected(row.reason)},
        sensitive=task.sensitive,
        restricted=task.restricted,
        due_at=deadlines.due(into, now(), reviewing().sla_hours),
        excluded=sorted(names),
        opened_by=f"person:{row.reviewer}",
        why=task.why,
    )

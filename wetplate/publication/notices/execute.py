"""A decision takes effect: the verbs of it, each one transaction of the caller, each harmless when run again.

Here: what a decision does to rows and objects, and what is asked before a notice counts as executed, verified
and told. Not here: caches (`delivery.notices.carrying_out` puts these verbs and the purge in their order),
the evidence (`evidence`).

Rules:
1. Safe first: images are hidden before anything that takes time. Evidence is kept before public files go.
2. Taking down is one transaction for all images of the notice: moves, blocks, holds, step, event.
3. Executed means that rows say so; verified, that every cache was seen from outside to have forgotten, and
   that no public object is left.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.publication import moves, takedown
from wetplate.publication.notices import catalog, decisions, effects, grounds, steps
from wetplate.publication.notices.steps import Outcome, State, Step
from wetplate.publication.notices.tables import NoticeEventRow, NoticeRow
from wetplate.storage import outbox
from wetplate.storage.objects import Objects
from wetplate.storage.outbox import Event

DECIDED = steps.topic(State.DECIDED)


def uphold(session: Session, notice_id: str, actor: str, ground: str = "") -> NoticeRow:
    """Decide it as upheld, images out of sight, unless somebody decided before. Raises NoticeError."""
    row = catalog.locked(session, notice_id)
    if State(row.state).undecided:
        if row.state != State.WITHDRAWN:
            decisions.withdraw(session, notice_id, actor)
        decisions.decide(session, notice_id, Outcome.UPHELD, actor, ground or grounds.USUAL[row.kind])
    return row


def hide(session: Session, notice_id: str, actor: str) -> list[str]:
    """Get out of sight what will be taken down; gives the images that were offered until now."""
    row = catalog.locked(session, notice_id)
    if row.state != State.DECIDED or not Outcome(str(row.outcome)).takes_down:
        return []
    images = catalog.included(session, notice_id)
    moves.hold_still(session, images)
    return effects.hide(session, notice_id, images, actor)


def execute(session: Session, notice_id: str, actor: str) -> NoticeRow:
    """Take down, or give back, what was decided; nothing if that is done. Raises NoticeError."""
    row = catalog.locked(session, notice_id)
    if row.state != State.DECIDED:
        return row
    decided = catalog.decision(session, notice_id)
    down = catalog.included(session, notice_id) if Outcome(decided["outcome"]).takes_down else []
    back = [each.canonical_id for each in catalog.images(session, notice_id) if each.canonical_id not in down]
    moves.hold_still(session, back, files=down)
    given = effects.give_back(session, notice_id, back, actor)
    effects.take_down(session, notice_id, down, decided["actor"], decided["reason"])
    return catalog.take(session, notice_id, Step.EXECUTE, actor, images=sorted(down), given_back=given)


def delete(session: Session, objects: Objects, notice_id: str) -> int:
    """Delete the public copies of what was taken down, unless somebody did; gives how many there were."""
    row = catalog.find(session, notice_id)
    if not row.outcome or not Outcome(row.outcome).takes_down:
        return 0
    owed = [image for image in catalog.included(session, row.id) if moves.pending(session, image)]
    return sum(takedown.execute(session, objects, image) for image in owed)


def verified(session: Session, notice_id: str, actor: str, **seen: object) -> NoticeRow:
    """It was seen from outside to hold; nothing if that is recorded. `seen` goes into the event."""
    row = catalog.locked(session, notice_id)
    return (
        catalog.take(session, notice_id, Step.VERIFY, actor, **seen) if row.state == State.EXECUTED else row
    )


def told(session: Session, notice_id: str, actor: str) -> NoticeRow:
    """Reasons and redress can be read at the receipt's address; the work of the event is done."""
    row = catalog.locked(session, notice_id)
    if row.state == State.VERIFIED:
        row = catalog.take(session, notice_id, Step.NOTIFY, actor, where="receipt")
        row.due_at = None
    outbox.handle(session, _open_events(session, notice_id))
    return row


def clicked(session: Session, notice_id: str) -> NoticeEventRow | None:
    """The event by which somebody had the images go: withdrawn for the time being, else decided.

    None if they stay: what was withdrawn was given back.
    """
    found: NoticeEventRow | None = None
    for event in catalog.events(session, notice_id):
        if event.event == Step.WITHDRAW:
            found = event
        elif event.event == Step.DECIDE:
            found = (found or event) if Outcome(event.details["outcome"]).takes_down else None
    return found


def told_from(session: Session, notice_id: str, click: NoticeEventRow) -> int:
    """The number in the outbox of the news of a step: whatever the images' own news of it are come later.

    Numbers are compared, not times: the steps of a notice may be taken on machines whose clocks differ.
    """
    same = [event for event in catalog.events(session, notice_id) if event.event == click.event]
    query = select(Event.id).where(Event.key == notice_id, Event.payload["step"].astext == click.event)
    return session.scalars(query.order_by(Event.id).offset(same.index(click)).limit(1)).one()


def _open_events(session: Session, notice_id: str) -> list[int]:
    query = select(Event.id).where(Event.topic == DECIDED, Event.key == notice_id, Event.handled_at.is_(None))
    return list(session.scalars(query))

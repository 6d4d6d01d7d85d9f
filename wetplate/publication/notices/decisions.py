"""What people decide about a notice, and what whoever is concerned says to it: one step each, with its work.

Here: withdrawing for the time being, deciding, counter-notice, appeal, what the clock brings. Not here:
carrying a decision out (`execute`), what happens to an image (`effects`).

Rules:
1. A decision is recorded and told here; the event `notice.decided` has it carried out by whoever comes first.
2. An appeal is decided by a second person; `steps.second` asks, the task excludes the first.
3. A counter-notice is answered by the calendar: `due` reinstates after the tenth business day, and at the
   latest on the fourteenth, unless somebody records before that a suit was notified.
4. Events are never changed, so they carry references of free words, never words: `facts` are sealed where
   they are written (`words.keep`), the rest here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.errors import NoticeError
from wetplate.moderation import tasks
from wetplate.publication import moves
from wetplate.publication.notices import catalog, days, effects, grounds, kinds, steps
from wetplate.publication.notices.steps import Outcome, State, Step
from wetplate.publication.notices.tables import NoticeEventRow, NoticeRow
from wetplate.retention import personal, words
from wetplate.retention.personal import Wrapping
from wetplate.storage.database import now

CLOCK = "clock"
REASON = {Step.COUNTER: "counter-notice", Step.APPEAL: "appeal"}


def triage(session: Session, notice_id: str, actor: str) -> NoticeRow:
    """Somebody takes the notice up; what was not acknowledged is now."""
    row = catalog.locked(session, notice_id)
    if row.state == State.RECEIVED:
        catalog.take(session, notice_id, Step.ACKNOWLEDGE, actor)
    if row.state == State.ACKNOWLEDGED:
        catalog.take(session, notice_id, Step.TRIAGE, actor)
    return row


def withdraw(session: Session, notice_id: str, actor: str) -> NoticeRow:
    """Hide the images while it is being decided. Raises NoticeStep, NoticeError when there are none."""
    catalog.locked(session, notice_id)
    images = _about(session, notice_id)
    moves.hold_still(session, images)
    row = catalog.take(session, notice_id, Step.WITHDRAW, actor, images=images)
    row.withdrawn_at = now()
    effects.hide(session, notice_id, images, actor)
    return row


def decide(
    session: Session,
    notice_id: str,
    outcome: str,
    actor: str,
    reason: str,
    *,
    facts: str = "",
    slug: str = "",
    others: Sequence[str] = (),
) -> NoticeRow:
    """Decide: `upheld` or `partial` for a ground of `grounds.GROUNDS`, `rejected` for one of its REFUSALS.

    What is decided on are the images that are included. `facts`, the reference of sealed words, go into the
    statement of reasons and name no person; `slug` of the taxonomy makes its category more exact; `others`
    had a say in it beside the actor.
    Raises UnknownReason, NoticeError.
    """
    decided = _outcome(outcome)
    grounds.ground(reason) if decided.takes_down else grounds.refusal(reason)
    images = _about(session, notice_id) if decided.takes_down else catalog.included(session, notice_id)
    if catalog.locked(session, notice_id).state != State.REVERSED:
        triage(session, notice_id, actor)
    said: dict[str, Any] = {"outcome": decided, "reason": reason, "facts": words.reference(facts)}
    said |= {"slug": slug, "images": images}
    said |= {"others": sorted(others)} if others else {}
    tasks.close(session, catalog.subject(notice_id))
    return catalog.take(session, notice_id, Step.DECIDE, actor, **said)


def counter(
    session: Session, wrapping: Wrapping, notice_id: str, said: Mapping[str, object], actor: str
) -> NoticeRow:
    """Somebody objects to the takedown (17 U.S.C. 512(g)(3)). Raises NoticeStep, NoticeError."""
    plain = kinds.checked(said, kinds.COUNTER_FIELDS)
    if lacking := kinds.lacking(plain):
        told = ", ".join(f"{name} ({law})" for name, law in lacking.items())
        raise NoticeError(f"a counter-notice needs: {told}")
    catalog.locked(session, notice_id)
    about_persons, free, rest = kinds.apart(plain)
    rest |= words.kept(session, wrapping, catalog.subject(notice_id), free)
    row = catalog.take(session, notice_id, Step.COUNTER, actor, said=sorted(rest), latest=_latest())
    row.due_at = days.after(now(), days.EARLIEST)
    row.said = {**row.said, "counter": rest}
    sealed = {f"counter_{name}": value for name, value in about_persons.items()}
    personal.keep(session, wrapping, catalog.subject(notice_id), sealed)
    return row


def sued(
    session: Session, notice_id: str, actor: str, reference: str, *, wrapping: Wrapping | None = None
) -> NoticeRow:
    """A suit was notified: the images stay down. Raises NoticeStep, NoticeError."""
    if not reference.strip():
        raise NoticeError("say which suit: court and reference")
    catalog.locked(session, notice_id)
    kept = words.keep(session, wrapping, catalog.subject(notice_id), reference.strip()[:200])
    return catalog.take(session, notice_id, Step.SUE, actor, reference=kept)


def appeal(
    session: Session, notice_id: str, actor: str, reason: str, *, wrapping: Wrapping | None = None
) -> NoticeRow:
    """Somebody wants it looked at again. Raises NoticeStep, NoticeError after the time for it."""
    decided = catalog.decision(session, notice_id)
    if decided and now() > decided["at"] + kinds.APPEAL_WITHIN:
        raise NoticeError(f"an appeal is open for {kinds.APPEAL_WITHIN.days} days after the decision")
    row = catalog.take(session, notice_id, Step.APPEAL, actor)
    said = words.keep(session, wrapping, catalog.subject(row.id), reason.strip()[:5_000])
    row.said = {**row.said, "appeal": said}
    row.due_at = now() + kinds.APPEAL_DECIDED_WITHIN
    catalog.open_appeal(session, row, catalog.deciders(session, notice_id))
    return row


def decide_appeal(
    session: Session, notice_id: str, actor: str, *, reverse: bool, facts: str = "", reason: str = ""
) -> NoticeRow:
    """The second person's word: the decision stands, or is reversed and what follows from it is done.

    A reversed takedown is reinstated; a reversed refusal is decided anew, for the ground `reason`.
    Raises NoticeStep, also when this person decided before.
    """
    steps.second(actor, catalog.deciders(session, notice_id))
    step = Step.REVERSE if reverse else Step.CONFIRM
    row = catalog.take(session, notice_id, step, actor, facts=words.reference(facts))
    tasks.close(session, catalog.subject(notice_id))
    row.due_at = None
    if reverse and row.outcome == Outcome.REJECTED:
        ground = reason or grounds.USUAL[row.kind]
        return decide(session, notice_id, Outcome.UPHELD, actor, ground, facts=facts)
    return reinstate(session, notice_id, actor) if reverse else row


def reinstate(session: Session, notice_id: str, actor: str) -> NoticeRow:
    """What was taken down may be published again, anew. Raises NoticeStep, TakedownPending."""
    catalog.locked(session, notice_id)
    moves.hold_still(session, catalog.included(session, notice_id))
    events = [event.event for event in catalog.events(session, notice_id)]
    why = next((REASON[Step(event)] for event in reversed(events) if event in REASON), "mistake")
    row = catalog.take(session, notice_id, Step.REINSTATE, actor)
    images = catalog.included(session, notice_id)
    back = effects.bring_back(session, notice_id, images, actor, why)
    catalog.note(session, notice_id, "reinstated", actor, images=back)
    row.due_at = None
    return row


def expire(session: Session, notice_id: str) -> bool:
    """Reinstate what a counter-notice asked for, unless somebody was faster. Raises TakedownPending."""
    if catalog.locked(session, notice_id).state != State.COUNTERED:
        return False
    reinstate(session, notice_id, CLOCK)
    return True


def close(
    session: Session, notice_id: str, actor: str, note: str = "", *, wrapping: Wrapping | None = None
) -> NoticeRow:
    """Nothing is left to be done. Raises NoticeStep."""
    catalog.locked(session, notice_id)
    kept = words.keep(session, wrapping, catalog.subject(notice_id), note.strip()[:500])
    return catalog.take(session, notice_id, Step.CLOSE, actor, note=kept)


def set_aside(session: Session, notice_id: str, step: Step, actor: str, of: str = "") -> NoticeRow:
    """End a notice undecided: `Step.DUPLICATE` of another one, or `Step.ABUSIVE`. Raises NoticeStep."""
    if step is Step.DUPLICATE:
        of = catalog.find(session, of).id
    row = catalog.take(session, notice_id, step, actor, of=of)
    tasks.close(session, catalog.subject(notice_id))
    return row


def due(session: Session, moment: datetime) -> Sequence[str]:
    """Notices whose counter-notice went unanswered until now: to be reinstated by the clock."""
    row = NoticeRow
    query = select(row.id).where(row.state == State.COUNTERED, row.due_at <= moment).order_by(row.due_at)
    return session.scalars(query).all()


def unacknowledged(session: Session, moment: datetime) -> Sequence[str]:
    """Notices that nobody gave a receipt for in time."""
    row = NoticeRow
    late = row.at <= moment - kinds.ACKNOWLEDGED_WITHIN
    return session.scalars(select(row.id).where(row.state == State.RECEIVED, late).order_by(row.at)).all()


def latest(session: Session, notice_id: str) -> str:
    """By when a countered notice must be answered at the latest; empty for others."""
    event = NoticeEventRow
    query = select(event.details).where(event.stream == notice_id, event.event == Step.COUNTER)
    found: dict[str, Any] | None = session.scalars(query).first()
    return str(found["latest"]) if found else ""


def _latest() -> str:
    return days.after(now(), days.LATEST).isoformat()


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise NoticeError(f"{text[:40]!r} is no outcome: expected {', '.join(Outcome)}") from error


def _about(session: Session, notice_id: str) -> list[str]:
    images = catalog.included(session, notice_id)
    if not images:
        raise NoticeError(
            "the notice is about no image of ours yet; name one with `wetplate notice include ID IMAGE`"
        )
    return images

"""What the forms of queues and tasks do: taking, deciding, undoing, putting back. One transaction each.

Rules:
1. Whoever takes the next one gets what they hold already in that queue, before anything new.
2. A decision leads on at once: the next task comes while the last one can still be undone.
3. What was refused is shown again with everything that was said in it; what came too late says so.
"""

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from wetplate.errors import FormRefused, LeaseLost
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.review import accesses, decisions, rights
from wetplate.review.pages import form as forms
from wetplate.review.pages import grants
from wetplate.review.pages.endpoint import LARGEST, Asked, Desk, to


def take_next(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /queue/{queue}/next."""
    queue = asked.word("queue")
    if queue not in tasks.QUEUES:
        raise FormRefused(f"there is no queue {queue[:40]!r}")
    rights.require_queue(asked.who, queue)
    return _next(desk, session, asked, queue)


def take(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/take."""
    task = tasks.get(session, asked.number())
    rights.require_queue(asked.who, task.queue, restricted=grants.sealed(session, task))
    seconds = desk.reviewing.lease_seconds
    tasks.take(session, task.id, asked.who.id, now=asked.now, seconds=seconds)
    return to(f"/task/{task.id}")


def decide(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/decide. Raises LeaseLost, ModerationError and FormRefused for what is no decision."""
    said, task = forms.read(form), tasks.get(session, asked.number())
    if not said.decision:
        raise FormRefused("choose a decision")
    if not said.reason:
        raise FormRefused(f"choose a reason to {said.decision}")
    decisions.propose(
        session,
        task.id,
        lease_of(form),
        asked.who,
        said.decision,
        said.reason,
        said.note,
        said.details(),
        undo_seconds=desk.reviewing.undo_seconds,
        now=asked.now,
        wrapping=desk.wrapping,
    )
    return _next(desk, session, asked, task.queue)


def undo(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/undo: the task is held again; what was taken instead goes back."""
    task = decisions.undo(
        session,
        asked.number(),
        lease_of(form),
        asked.who,
        seconds=desk.reviewing.lease_seconds,
        now=asked.now,
    )
    if form.get("instead"):
        _put_back(session, asked, _number(form, "instead"), _number(form, "instead_lease"))
    return to(f"/task/{task.id}")


def renew(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/renew: a sign of life, from a script."""
    _mine(session, asked, asked.number())
    seconds = desk.reviewing.lease_seconds
    task = tasks.renew(session, asked.number(), lease_of(form), now=asked.now, seconds=seconds)
    return JSONResponse({"until": task.leased_until.isoformat() if task.leased_until else ""})


def release(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/release: put it back."""
    task = _mine(session, asked, asked.number())
    tasks.release(session, task.id, lease_of(form), now=asked.now)
    return to(f"/queue/{task.queue}")


def show(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /task/{id}/show: why somebody needs to see what is in quarantine. Logged before a pixel leaves."""
    task = tasks.get(session, asked.number())
    grants.grant(session, asked.who, task.subject, accesses.PIXELS, str(form.get("purpose") or ""))
    return to(f"/task/{task.id}")


def lease_of(form: FormData) -> int:
    """The number under which the task is held. Raises FormRefused."""
    return _number(form, "lease")


def _next(desk: Desk, session: Session, asked: Asked, queue: str) -> Response:
    held = [each for each in tasks.held(session, asked.who.id, asked.now) if each.queue == queue]
    found = next((each for each in held if not each.proposed), None) or tasks.lease(
        session,
        queue,
        asked.who.id,
        now=asked.now,
        seconds=desk.reviewing.lease_seconds,
        without=asked.who.preferences.without,
        restricted=asked.who.may(grants.LEAST),
    )
    return to(f"/task/{found.id}" if found else f"/queue/{queue}")


def _mine(session: Session, asked: Asked, id: int) -> TaskRow:
    task = tasks.get(session, id)
    if task.leased_by != asked.who.id:
        raise LeaseLost("you do not hold this one any more: take the next one")
    return task


def _put_back(session: Session, asked: Asked, id: int, lease: int) -> None:
    """What ran out meanwhile is back by itself."""
    task = tasks.get(session, id)
    if task.leased_by == asked.who.id and task.lease == lease and not task.proposed:
        try:
            tasks.release(session, id, lease, now=asked.now)
        except LeaseLost:
            return


def _number(form: FormData, name: str) -> int:
    said = str(form.get(name) or "")
    if not (said.isascii() and said.isdigit() and len(said) < 11 and int(said) <= LARGEST):
        raise FormRefused(f"{name}: a number of ours is expected; open the page again")
    return int(said)

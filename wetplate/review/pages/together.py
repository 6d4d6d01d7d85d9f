"""Several audit samples approved with one reason, from their list. Receives the session.

Here: what the list offers, the form, and what became of each. Not here: which may go together and how each
is decided (`wetplate.review.bulk`).
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from wetplate.errors import FormRefused, WetplateError
from wetplate.moderation import tasks
from wetplate.review import bulk
from wetplate.review.decisions import Outcome
from wetplate.review.pages import queues, subjects, words
from wetplate.review.pages.endpoint import Asked, Desk

REFUSED = 422


def approve(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /queue/audit/approve. Raises FormRefused, ModerationError."""
    chosen, reason = [str(each) for each in form.getlist("task")], str(form.get("reason") or "")
    if not chosen or not all(each.isascii() and each.isdigit() and len(each) < 10 for each in chosen):
        raise FormRefused("tick the pictures that you have looked at")
    if not reason:
        raise FormRefused("choose a reason to approve")
    ids, note = [int(each) for each in chosen], str(form.get("note") or "")
    told = bulk.approve(
        session, desk.objects, ids, asked.who, reason, note, now=asked.now, wrapping=desk.wrapping
    )
    approved = sum(not each.refusal for each in told)
    done = f"{words.counted(approved, 'picture is', 'pictures are')} approved." if approved else ""
    return _page(desk, session, asked, done, _left(session, told))


def again(desk: Desk, session: Session, asked: Asked, form: FormData, refusal: WetplateError) -> Response:
    """The list with what was wrong."""
    text = str(refusal)
    return _page(desk, session, asked, "", [f"{text[:1].upper()}{text[1:]}."], REFUSED)


def _page(
    desk: Desk, session: Session, asked: Asked, done: str, left: Sequence[str], status: int = 200
) -> Response:
    said = queues.listing(session, asked.who, tasks.AUDIT, "", asked.now)
    return desk.html(session, asked, "queue", said | {"done": done, "left": left}, status)


def _left(session: Session, told: Sequence[Outcome]) -> list[str]:
    """What was not approved, and why."""
    return [f"{subjects.title(session, each.subject)}: {each.refusal}." for each in told if each.refusal]

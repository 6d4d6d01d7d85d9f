"""Pages shown again because what was said in their form was refused."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from wetplate.errors import (
    DecisionConflict,
    FormRefused,
    ModerationError,
    NoticeUnknown,
    RoleRefused,
    WetplateError,
)
from wetplate.moderation import tasks
from wetplate.review import refusals
from wetplate.review.pages import advice, chrome, notice, people, task
from wetplate.review.pages import form as forms
from wetplate.review.pages.endpoint import Asked, Desk

REFUSED = 422


def decision(desk: Desk, session: Session, asked: Asked, form: FormData, refusal: WetplateError) -> Response:
    """The task with its form as it was filled in; whoever came too late gets the note back."""
    if isinstance(refusal, DecisionConflict) or not isinstance(refusal, ModerationError | FormRefused):
        return _too_late(desk, session, asked, form, refusal)
    found = tasks.get(session, asked.number())
    undo = desk.reviewing.undo_seconds
    said = forms.read(form)
    shown = (asked.now, undo, said, [_sentence(refusal)], desk.wrapping)
    page = task.page(session, desk.objects, asked.who, found, *shown)
    return desk.html(session, asked, page.template, page.said, REFUSED)


def notice_step(
    desk: Desk, session: Session, asked: Asked, form: FormData, refusal: WetplateError
) -> Response:
    """The notice with what was wrong."""
    if isinstance(refusal, NoticeUnknown | RoleRefused):
        raise refusal
    said = notice.page(session, asked.who, desk.wrapping, asked.word("id"), asked.now)
    return desk.html(session, asked, "notice", said | {"problem": _sentence(refusal)}, REFUSED)


def preference(
    desk: Desk, session: Session, asked: Asked, form: FormData, refusal: WetplateError
) -> Response:
    """The preferences as they are kept, with what was wrong."""
    said = people.me(asked.who, asked.who.preferences, problem=_sentence(refusal))
    return desk.html(session, asked, "me", said, REFUSED)


def _too_late(desk: Desk, session: Session, asked: Asked, form: FormData, refusal: WetplateError) -> Response:
    take = {"action": f"/task/{asked.number()}/take", "text": "Take it again"}
    said: dict[str, Any] = advice.of(refusal) | {
        "status": refusals.status(refusal),
        "kept": str(form.get("note") or ""),
    }
    if isinstance(refusal, DecisionConflict):
        said |= {"again": take}
    page = desk.pages.render("refused", chrome.bare(asked.who, asked.request.url.path) | said)
    return HTMLResponse(page, said["status"])


def _sentence(refusal: WetplateError) -> str:
    text = str(refusal)
    return f"{text[:1].upper()}{text[1:]}."

"""Every address of the console but signing in, and which page or form stands there."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from wetplate.errors import FormRefused
from wetplate.moderation import tasks
from wetplate.provenance import disclosure
from wetplate.review import accounts, appeals, preferences
from wetplate.review.access import Role
from wetplate.review.pages import (
    again,
    bundle,
    chrome,
    deciding,
    image,
    notice,
    notice_steps,
    people,
    pixels,
    queues,
    task,
    together,
)
from wetplate.review.pages.endpoint import Asked, Desk, does, shows, to
from wetplate.review.signin.page import Shown


def routes(desk: Desk) -> Sequence[BaseRoute]:
    """The pages and the forms on them."""
    pages: dict[str, tuple[Any, Role]] = {
        "/": (overview, Role.VIEWER),
        "/queue/{queue}": (queue, Role.VIEWER),
        "/task/{id:int}": (one_task, Role.VIEWER),
        "/pixels/{id:int}/{what}": (pixels.own, Role.VIEWER),
        "/pixels/{id:int}/near/{recipe}": (pixels.neighbour, Role.VIEWER),
        "/pixels/notice/{notice}/{image}/{what}": (pixels.concerned, Role.REVIEWER),
        "/image/{id}": (one_image, Role.VIEWER),
        "/notices": (notices, Role.VIEWER),
        "/notices/{id}": (one_notice, Role.VIEWER),
        "/notices/{id}/evidence.zip": (bundle.download, Role.SENIOR),
        "/accounts": (everybody, Role.ADMIN),
        "/me": (me, Role.VIEWER),
    }
    forms: dict[str, tuple[Any, Role, Any]] = {
        "/queue/{queue}/next": (deciding.take_next, Role.REVIEWER, None),
        "/queue/audit/approve": (together.approve, Role.REVIEWER, together.again),
        "/task/{id:int}/take": (deciding.take, Role.REVIEWER, None),
        "/task/{id:int}/decide": (deciding.decide, Role.REVIEWER, again.decision),
        "/task/{id:int}/undo": (deciding.undo, Role.REVIEWER, None),
        "/task/{id:int}/renew": (deciding.renew, Role.REVIEWER, None),
        "/task/{id:int}/release": (deciding.release, Role.REVIEWER, None),
        "/task/{id:int}/show": (deciding.show, Role.SENIOR, None),
        "/image/{id}/reopen": (reopen, Role.SENIOR, None),
        "/image/{id}/disclosure": (disclose, Role.REVIEWER, None),
        "/notices/{id}/who": (open_persons, Role.SENIOR, again.notice_step),
        "/notices/{id}/evidence": (bundle.ask, Role.SENIOR, again.notice_step),
        "/notices/{id}/show": (open_pictures, Role.SENIOR, again.notice_step),
        "/notices/{id}/{step}": (step, Role.SENIOR, again.notice_step),
        "/accounts/{id}/role": (change_role, Role.ADMIN, None),
        "/accounts/{id}/active": (switch, Role.ADMIN, None),
        "/me": (prefer, Role.VIEWER, again.preference),
    }
    return [
        *(Route(path, shows(desk, *page), methods=["GET"]) for path, page in pages.items()),
        *(Route(path, does(desk, *form), methods=["POST"]) for path, form in forms.items()),
    ]


def sign_in(desk: Desk) -> Callable[[Request, Shown, int], Response]:
    """The sign-in page in the console's design."""

    def drawn(request: Request, shown: Shown, status: int) -> Response:
        said = chrome.bare(None) | vars(shown) | {"title": "Sign in"}
        return HTMLResponse(desk.pages.render("sign_in", said), status)

    return drawn


def overview(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /"""
    return desk.html(session, asked, "queues", queues.overview(session, asked.who, asked.now))


def queue(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /queue/{queue}"""
    after = asked.request.query_params.get("after", "")
    said = queues.listing(session, asked.who, asked.word("queue"), after, asked.now)
    return desk.html(session, asked, "queue", said)


def one_task(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /task/{id}. A page with a proposed decision moves on by itself when that counts."""
    found, undo = tasks.get(session, asked.number()), desk.reviewing.undo_seconds
    page = task.page(session, desk.objects, asked.who, found, asked.now, undo, wrapping=desk.wrapping)
    answer = desk.html(session, asked, page.template, page.said)
    if proposed := page.said["proposed"]:
        answer.headers["Refresh"] = str(proposed.seconds + 2)
    return answer


def one_image(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /image/{id}"""
    said = image.page(session, asked.who, asked.word("id"), asked.now, desk.wrapping)
    done = "Kept." if "kept" in asked.request.query_params else ""
    return desk.html(session, asked, "image", said | {"done": done})


def notices(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /notices"""
    over = "over" in asked.request.query_params
    return desk.html(session, asked, "notices", notice.listing(session, asked.now, over=over))


def one_notice(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /notices/{id}"""
    said = notice.page(session, asked.who, desk.wrapping, asked.word("id"), asked.now)
    return desk.html(session, asked, "notice", said)


def everybody(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /accounts"""
    saved = "Kept." if "kept" in asked.request.query_params else ""
    return desk.html(session, asked, "accounts", people.listing(session, saved))


def me(desk: Desk, session: Session, asked: Asked) -> Response:
    """GET /me"""
    saved = "kept" in asked.request.query_params
    return desk.html(session, asked, "me", people.me(asked.who, asked.who.preferences, saved))


def reopen(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /image/{id}/reopen"""
    opened = appeals.reconsider(session, asked.word("id"), asked.who, _text(form, "why"))
    return to(f"/task/{opened.id}")


def disclose(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /image/{id}/disclosure"""
    known = image.canonical(session, asked.word("id"))
    depicts = [str(each) for each in form.getlist("depicts")]
    disclosure.say(session, known.id, _text(form, "need"), depicts, _text(form, "words"), asked.who.actor)
    return to(f"/image/{asked.word('id')}?kept")


def open_persons(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /notices/{id}/who"""
    notice.open_persons(session, asked.who, asked.word("id"), _text(form, "purpose"))
    return to(f"/notices/{asked.word('id')}#who")


def open_pictures(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /notices/{id}/show: why somebody needs to see its pictures. Back to where they came from."""
    notice.open_pictures(session, asked.who, asked.word("id"), _text(form, "purpose"), asked.now)
    task = _text(form, "task")
    return to(f"/task/{task}" if task.isascii() and task.isdigit() else f"/notices/{asked.word('id')}#images")


def step(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /notices/{id}/{step}"""
    which = (asked.word("id"), asked.word("step"), form)
    notice_steps.take(session, desk.objects, asked.who, *which, wrapping=desk.wrapping)
    return to(f"/notices/{asked.word('id')}")


def change_role(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /accounts/{id}/role"""
    role = _text(form, "role")
    if role not in list(Role):
        raise FormRefused(f"{role[:20]!r} is no role; choose one of {', '.join(Role)}")
    accounts.change_role(session, asked.word("id"), Role(role), actor=asked.who.id)
    return to("/accounts?kept")


def switch(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /accounts/{id}/active"""
    accounts.switch(session, asked.word("id"), _text(form, "active") == "yes", actor=asked.who.id)
    return to("/accounts?kept")


def prefer(desk: Desk, session: Session, asked: Asked, form: FormData) -> Response:
    """POST /me"""
    plain = {name: str(value) for name, value in form.items()}
    chosen = preferences.from_form(plain, [str(each) for each in form.getlist("without")])
    accounts.prefer(session, asked.who.id, chosen)
    return to("/me?kept")


def _text(form: FormData, name: str) -> str:
    return str(form.get(name) or "")

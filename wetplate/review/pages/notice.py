"""Notices: the list, one notice with its next steps, and taking a step. Receives the session.

Here: which step is a form and which verb it calls. Not here: what a step does (`publication.notices`).

Rule: names and addresses of persons are shown to seniors only, after their reason was logged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from wetplate.errors import Erased, NoticeStep
from wetplate.publication.notices import catalog, decisions, execute, grounds, steps
from wetplate.publication.notices.steps import State, Step
from wetplate.publication.notices.tables import NoticeImageRow, NoticeRow
from wetplate.retention import personal
from wetplate.retention.personal import Wrapping
from wetplate.review import accesses
from wetplate.review.access import Person
from wetplate.review.pages import complaint, grants, words
from wetplate.review.pages.complaint import Concerned
from wetplate.review.pages.words import HEAD, Tag

UPHOLD, REFUSE, CHOOSE = "uphold", "refuse", "choose"


@dataclass(frozen=True)
class Offered:
    """One form of a step: what it asks for."""

    name: str
    title: str
    about: str
    tone: str = ""
    words: str = ""
    reasons: Sequence[tuple[str, str]] = ()
    images: Sequence[Concerned] = ()


@dataclass(frozen=True)
class Row:
    """A notice in the list."""

    id: str
    short: str
    kind: str
    state: Tag
    images: int
    at: datetime
    due: Tag | None


UPHOLDING = [(code, ground.rests_on) for code, ground in grounds.GROUNDS.items()]
REFUSING = list(grounds.REFUSALS.items())
PLAIN: Mapping[Step, Offered] = {
    Step.ACKNOWLEDGE: Offered("acknowledge", "Acknowledge", "A receipt goes to whoever complained."),
    Step.TRIAGE: Offered("triage", "Take it up", "You look at it now."),
    Step.WITHDRAW: Offered(
        "withdraw",
        "Withdraw for now",
        "The images are not shown while it is decided. Can be given back.",
        "grave",
    ),
    Step.EXECUTE: Offered(
        "execute", "Execute now", "The machine does it within seconds; this does not wait for it.", "grave"
    ),
    Step.NOTIFY: Offered("notify", "Tell the reasons", "The statement of reasons can be read from then on."),
    Step.SUE: Offered(
        "sue", "A suit was notified", "The images stay down for good.", "", "Court and reference"
    ),
    Step.APPEAL: Offered(
        "appeal", "Appeal", "Somebody who decided nothing about it looks again.", "", "What is wrong"
    ),
    Step.CONFIRM: Offered(
        "confirm", "The decision stands", "Only for somebody who did not make it.", "", "Why"
    ),
    Step.REVERSE: Offered(
        "reverse", "Reverse the decision", "What it did is undone, by a second person.", "grave", "Why"
    ),
    Step.REINSTATE: Offered(
        "reinstate", "Reinstate", "The images may be published again, under new addresses."
    ),
    Step.CLOSE: Offered("close", "Close", "Nothing is left to be done.", "", "Note"),
    Step.DUPLICATE: Offered(
        "duplicate", "It is a duplicate", "The other notice counts.", "", "Id of the other notice"
    ),
    Step.ABUSIVE: Offered("abusive", "It is no complaint", "Ends without a decision.", "grave"),
}


def listing(session: Session, now: datetime, *, over: bool) -> dict[str, Any]:
    """The list: what is due first."""
    rows = catalog.listed(session, over=over)
    count = select(NoticeImageRow.notice, func.count()).group_by(NoticeImageRow.notice)
    query = count.where(NoticeImageRow.notice.in_([row.id for row in rows]))
    images = dict(session.execute(query).all())
    late = sum(1 for row in rows if row.due_at and row.due_at <= now)
    said = f"{words.counted(len(rows), 'notice')} {'in all' if over else 'open'}"
    return {
        "title": "Notices",
        "lead": f"{said}, what is due first. {words.counted(late, 'is', 'are')} overdue."
        if rows
        else f"{said}.",
        "views": [("Open", "/notices", not over), ("All", "/notices?over=yes", over)],
        "notices": [_row(row, images.get(row.id, 0), now) for row in rows],
    }


def page(session: Session, who: Person, wrapping: Wrapping, notice_id: str, now: datetime) -> dict[str, Any]:
    """One notice. Raises NoticeUnknown."""
    shown = complaint.complaint(session, notice_id, now)
    row = catalog.find(session, notice_id)
    may = who.may(grants.LEAST)
    allowed = steps.steps(catalog.standing(session, row))
    return shown | {
        "title": f"Notice {row.id[:HEAD]}",
        "meaning": State(row.state).meaning,
        "steps": list(_offered(row, allowed, shown["images"])) if may else [],
        "waits": "Nothing can be done now; the machine goes on by itself."
        if may
        else "Steps are taken by seniors.",
        "who": _persons(session, wrapping, row) if _opened(session, who, row, now) else [],
        "may_see": may,
        "done": "",
        "problem": "",
    }


def open_persons(session: Session, who: Person, notice_id: str, why: str) -> None:
    """Log that somebody is about to see who complained. Raises RoleRefused, FormRefused."""
    row = catalog.find(session, notice_id)
    grants.grant(session, who, catalog.subject(row.id), accesses.NOTICE, why)


def take(session: Session, who: Person, notice_id: str, name: str, form: FormData) -> str:
    """Take a step; what was done, in words. Raises NoticeStep and what the step refuses."""
    row = catalog.find(session, notice_id)
    if name not in TAKEN:
        raise NoticeStep(f"{name[:40]!r} is no step that is taken here; the page shows those that are")
    TAKEN[name](session, row.id, who.actor, form)
    return f"Done: {name.replace('_', ' ')}."


def _opened(session: Session, who: Person, row: NoticeRow, now: datetime) -> bool:
    return grants.granted(session, who, catalog.subject(row.id), accesses.NOTICE, now)


def _persons(session: Session, wrapping: Wrapping, row: NoticeRow) -> list[tuple[str, str]]:
    try:
        found = personal.read(session, wrapping, catalog.subject(row.id))
    except Erased as erased:
        return [("Erased", str(erased))]
    named = [(name.replace("_", " ").capitalize(), value) for name, value in found.items()]
    return named or [("Nobody", "the notice names no person")]


def _offered(row: NoticeRow, allowed: Sequence[Step], images: Sequence[Concerned]) -> list[Offered]:
    """The forms, the likeliest first."""
    found = []
    if State(row.state).undecided:
        found += (
            [
                Offered(
                    CHOOSE,
                    "Choose the images",
                    "Which images it is about. What looks alike is only proposed.",
                    "",
                    "",
                    (),
                    images,
                )
            ]
            if images
            else []
        )
        found += [
            Offered(
                UPHOLD,
                "Uphold",
                "The images that are ticked go, everywhere.",
                "main",
                "Facts, without names",
                UPHOLDING,
            ),
            Offered(REFUSE, "Refuse", "The images stay, or come back.", "", "Facts, without names", REFUSING),
        ]
    elif Step.DECIDE in allowed:
        found.append(
            Offered(UPHOLD, "Uphold after all", "The images go.", "main", "Facts, without names", UPHOLDING)
        )
    plain = [
        PLAIN[step] for step in sorted(allowed, key=lambda each: each is not Step.WITHDRAW) if step in PLAIN
    ]
    return [*plain[:1], *found, *plain[1:]] if Step.WITHDRAW in allowed else [*found, *plain]


def _row(row: NoticeRow, images: int, now: datetime) -> Row:
    due = words.due(row.due_at, now) if row.due_at and row.closed_at is None else None
    return Row(
        row.id,
        row.id[:HEAD],
        complaint.KINDS.get(row.kind, row.kind),
        complaint.state(row),
        images,
        row.at,
        due,
    )


def _text(form: FormData, name: str) -> str:
    return str(form.get(name) or "")


def _choose(session: Session, notice_id: str, actor: str, form: FormData) -> None:
    ticked = {str(each) for each in form.getlist("image")}
    known = {row.canonical_id for row in catalog.images(session, notice_id)}
    for chosen, decision in ((known & ticked, catalog.INCLUDED), (known - ticked, catalog.LEFT_OUT)):
        if chosen:
            catalog.choose(session, notice_id, sorted(chosen), decision, actor)


def _decide(session: Session, notice_id: str, actor: str, form: FormData, outcome: str) -> None:
    decisions.decide(session, notice_id, outcome, actor, _text(form, "reason"), facts=_text(form, "note"))


def _appeal_decided(session: Session, notice_id: str, actor: str, form: FormData, *, reverse: bool) -> None:
    decisions.decide_appeal(session, notice_id, actor, reverse=reverse, facts=_text(form, "note"))


def _uphold(session: Session, notice_id: str, actor: str, form: FormData) -> None:
    """Decide, and get the images out of sight at once; whoever hears of it carries out the rest."""
    left = any(row.decision == catalog.LEFT_OUT for row in catalog.images(session, notice_id))
    _decide(session, notice_id, actor, form, "partial" if left else "upheld")
    execute.hide(session, notice_id, actor)


Verb = Callable[[Session, str, str, FormData], object]
TAKEN: Mapping[str, Verb] = {
    CHOOSE: _choose,
    UPHOLD: _uphold,
    REFUSE: lambda s, id, actor, form: _decide(s, id, actor, form, "rejected"),
    "acknowledge": lambda s, id, actor, form: catalog.take(s, id, Step.ACKNOWLEDGE, actor),
    "triage": lambda s, id, actor, form: decisions.triage(s, id, actor),
    "withdraw": lambda s, id, actor, form: decisions.withdraw(s, id, actor),
    "execute": lambda s, id, actor, form: execute.execute(s, id, actor),
    "notify": lambda s, id, actor, form: catalog.take(s, id, Step.NOTIFY, actor),
    "sue": lambda s, id, actor, form: decisions.sued(s, id, actor, _text(form, "note")),
    "appeal": lambda s, id, actor, form: decisions.appeal(s, id, actor, _text(form, "note")),
    "confirm": lambda s, id, actor, form: _appeal_decided(s, id, actor, form, reverse=False),
    "reverse": lambda s, id, actor, form: _appeal_decided(s, id, actor, form, reverse=True),
    "reinstate": lambda s, id, actor, form: decisions.reinstate(s, id, actor),
    "close": lambda s, id, actor, form: decisions.close(s, id, actor, _text(form, "note")),
    "duplicate": lambda s, id, actor, form: decisions.set_aside(
        s, id, Step.DUPLICATE, actor, _text(form, "note")
    ),
    "abusive": lambda s, id, actor, form: decisions.set_aside(s, id, Step.ABUSIVE, actor),
}

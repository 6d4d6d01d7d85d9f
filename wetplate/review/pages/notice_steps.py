"""The steps of a notice: which of them is a form, and what each form does. Receives the session.

Here: the forms beside a notice. Not here: what a step does (`publication.notices`), the notice itself
(`notice`).

Rules:
1. What somebody decides is a decision like any other (`wetplate.review.notices`): of the task that waits,
   with a reason of its list, by as many people as it takes.
2. Nobody reinstates by hand: a reversed decision does, and the time of a counter-notice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from wetplate.errors import NoticeStep
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.publication.notices import catalog, decisions, execute, steps
from wetplate.publication.notices.steps import State, Step
from wetplate.publication.notices.tables import NoticeRow
from wetplate.retention.personal import Wrapping
from wetplate.review import notices, reasons
from wetplate.review.access import Person
from wetplate.review.pages.complaint import Concerned
from wetplate.review.standing import origin
from wetplate.storage.objects import Objects

CHOOSE = "choose"


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
    chosen: str = ""


FACTS = "Facts, without names"
#: What is decided, under the name of its form; `chosen` is the reason that an appeal mostly has.
DECIDED: Mapping[str, tuple[str, Offered]] = {
    "uphold": (
        reasons.UPHOLD,
        Offered("uphold", "Uphold", "The images that are included go, everywhere.", "main", FACTS),
    ),
    "refuse": (
        reasons.REFUSE,
        Offered("refuse", "Refuse", "The images stay, or come back by a second person.", "", FACTS),
    ),
    "confirm": (
        reasons.REFUSE,
        Offered(
            "confirm", "The decision stands", "Only for somebody who did not make it.", "", "Why",
            chosen="stands",
        ),
    ),
    "reverse": (
        reasons.UPHOLD,
        Offered(
            "reverse", "Reverse the decision", "What it did is undone, by a second person.", "grave", "Why",
            chosen="mistake",
        ),
    ),
}  # fmt: skip
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
    Step.CLOSE: Offered("close", "Close", "Nothing is left to be done.", "", "Note"),
    Step.DUPLICATE: Offered(
        "duplicate", "It is a duplicate", "The other notice counts.", "", "Id of the other notice"
    ),
    Step.ABUSIVE: Offered("abusive", "It is no complaint", "Ends without a decision.", "grave"),
}


def offered(session: Session, row: NoticeRow, images: Sequence[Concerned]) -> list[Offered]:
    """The forms, the likeliest first."""
    allowed = steps.steps(catalog.standing(session, row))
    plain = [PLAIN[step] for step in allowed if step in PLAIN and step is not Step.WITHDRAW]
    first = [PLAIN[Step.WITHDRAW]] if Step.WITHDRAW in allowed else []
    chosen = [_choosing(images)] if images and State(row.state).undecided else []
    return [*first, *chosen, *_decisions(session, row), *plain]


def take(
    session: Session,
    objects: Objects,
    who: Person,
    notice_id: str,
    name: str,
    form: FormData,
    *,
    wrapping: Wrapping | None = None,
) -> None:
    """Take a step. Raises NoticeStep and what the step refuses."""
    row = catalog.find(session, notice_id)
    if name in DECIDED:
        _decide(session, objects, who, row.id, DECIDED[name][0], form, wrapping)
    elif name in WRITTEN:
        WRITTEN[name](session, row.id, who.actor, _text(form, "note"), wrapping=wrapping)
    elif name in TAKEN:
        TAKEN[name](session, row.id, who.actor, form)
    else:
        raise NoticeStep(f"{name[:40]!r} is no step that is taken here; the page shows those that are")


def waiting(session: Session, notice_id: str) -> TaskRow | None:
    """The task in which somebody is to decide."""
    return next(iter(tasks.about(session, catalog.subject(notice_id))), None)


def _choosing(images: Sequence[Concerned]) -> Offered:
    about = "Which images it is about. What looks alike is only proposed."
    return Offered(CHOOSE, "Choose the images", about, images=images)


def _decisions(session: Session, row: NoticeRow) -> Iterator[Offered]:
    task = waiting(session, row.id)
    if task is None:
        return
    words = origin(session, task)
    for name in ("reverse", "confirm") if words == tasks.APPEAL else ("uphold", "refuse"):
        decision, form = DECIDED[name]
        known = reasons.reasons(task.queue, decision, task.subject, words)
        yield replace(form, reasons=list(known.items()))


def _decide(
    session: Session, objects: Objects, who: Person, notice_id: str, decision: str, form: FormData,
    wrapping: Wrapping | None,
) -> None:  # fmt: skip
    """At once. With images left out it is upheld in part."""
    left = any(row.decision == catalog.LEFT_OUT for row in catalog.images(session, notice_id))
    undecided = State(catalog.find(session, notice_id).state).undecided
    part = decision == reasons.UPHOLD and left and undecided
    said = (reasons.PARTIAL if part else decision, _text(form, "reason"), _text(form, "note"))
    notices.settle(session, objects, notice_id, who, *said, wrapping=wrapping)


def _text(form: FormData, name: str) -> str:
    return str(form.get(name) or "")


def _choose(session: Session, notice_id: str, actor: str, form: FormData) -> None:
    ticked = {str(each) for each in form.getlist("image")}
    known = {row.canonical_id for row in catalog.images(session, notice_id)}
    for chosen, decision in ((known & ticked, catalog.INCLUDED), (known - ticked, catalog.LEFT_OUT)):
        if chosen:
            catalog.choose(session, notice_id, sorted(chosen), decision, actor)


#: Steps that somebody writes words to.
WRITTEN: Mapping[str, Callable[..., object]] = {
    "sue": decisions.sued,
    "appeal": decisions.appeal,
    "close": decisions.close,
}
Verb = Callable[[Session, str, str, FormData], object]
TAKEN: Mapping[str, Verb] = {
    CHOOSE: _choose,
    "acknowledge": lambda s, id, actor, form: catalog.take(s, id, Step.ACKNOWLEDGE, actor),
    "triage": lambda s, id, actor, form: decisions.triage(s, id, actor),
    "withdraw": lambda s, id, actor, form: decisions.withdraw(s, id, actor),
    "execute": lambda s, id, actor, form: execute.execute(s, id, actor),
    "notify": lambda s, id, actor, form: catalog.take(s, id, Step.NOTIFY, actor),
    "duplicate": lambda s, id, actor, form: decisions.set_aside(
        s, id, Step.DUPLICATE, actor, _text(form, "note")
    ),
    "abusive": lambda s, id, actor, form: decisions.set_aside(s, id, Step.ABUSIVE, actor),
}

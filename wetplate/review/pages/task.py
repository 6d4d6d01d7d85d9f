"""The page of one task: rows and words brought together for its template. Receives the session.

Here: what stands on it. Not here: the form's groups (`form`), the picture's bytes (`pixels`), what a notice
says (`complaint`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.moderation import heard
from wetplate.moderation.judge import POLICY
from wetplate.moderation.tables import SignalRow, TaskRow, VerdictRow
from wetplate.moderation.taxonomy import SLUGS
from wetplate.retention.personal import Wrapping
from wetplate.review import decisions, rights
from wetplate.review.access import Person
from wetplate.review.pages import (
    alike,
    chrome,
    complaint,
    detections,
    grants,
    made,
    past,
    prompts,
    subjects,
    words,
)
from wetplate.review.pages.form import Said, form
from wetplate.review.pages.picture import picture
from wetplate.review.pages.subjects import Subject
from wetplate.review.pages.words import HEAD, QUEUES, Tag
from wetplate.review.reasons import NOTICE
from wetplate.storage.objects import Objects


@dataclass(frozen=True)
class Held:
    """The hold of whoever looks at the page."""

    lease: int
    until: datetime
    seconds: int


@dataclass(frozen=True)
class Proposed:
    """A decision on it that does not count yet."""

    said: str
    until: datetime
    seconds: int
    mine: bool
    lease: int


@dataclass(frozen=True)
class Page:
    """The template's name and what it asks for."""

    template: str
    said: dict[str, Any]


def page(
    session: Session, objects: Objects, who: Person, task: TaskRow, now: datetime, undo_seconds: int,
    said: Said | None = None, problems: Sequence[str] = (), wrapping: Wrapping | None = None,
) -> Page:  # fmt: skip
    """The task as this person sees it now; `said` and `problems` when a decision was refused."""
    if task.subject.startswith(NOTICE):
        return _of_notice(session, who, task, now, undo_seconds, said, problems, wrapping)
    about = subjects.subject(session, task.subject)
    size = subjects.size(objects, about)
    signals = _signals(session, task)
    boxes = detections.boxes(signals)
    verdict = _machine(session, task)
    reasons = verdict.reasons if verdict else []
    body = about.recipe.body
    open_to, sealed = grants.open_to(session, who, task, now), grants.sealed(session, task)
    asked = form(task, decisions.offered(session, task, who), boxes, undo_seconds, said or Said())
    history = past.of(session, task, who, wrapping)
    shown = {
        "picture": picture(task, who, about.name, size, boxes, sealed=sealed, granted=open_to),
        "size": f"{size[0]} × {size[1]}",
        "images": (),
        "signals": detections.lines(signals),
        "why": _why(task, reasons),
        "prompt": prompts.shown(
            body.get("prompt", ""), body.get("negative_prompt", ""), reasons, about.recipe.kind
        ),
        "made": made.made(session, about),
        "near": alike.alike(session, who, task.object_sha256, task.id if open_to else None),
        "history": history.events,
        "blind": history.blind,
        "policy": _policy(verdict, task),
        "form": asked,
        "problems": problems,
    }
    return Page(
        "task",
        _panel(who, task, now, sealed)
        | shown
        | {"task": _head(task, _named(about), about.family, now, sealed)},
    )


def _of_notice(
    session: Session, who: Person, task: TaskRow, now: datetime, undo_seconds: int, said: Said | None,
    problems: Sequence[str], wrapping: Wrapping | None,
) -> Page:  # fmt: skip
    shown = complaint.complaint(session, who, task.subject.removeprefix(NOTICE), now, wrapping)
    asked = form(task, decisions.offered(session, task, who), (), undo_seconds, said or Said())
    told = {
        "form": asked,
        "problems": problems,
        "size": "",
        "notice_id": shown["id"],
        "images": shown["images"],
        "back": task.id,
    }
    head = _head(task, f"Notice {shown['short']}", shown["about"], now, task.restricted)
    return Page("notice_task", shown | _panel(who, task, now, task.restricted) | told | {"task": head})


def _panel(who: Person, task: TaskRow, now: datetime, sealed: bool) -> dict[str, Any]:
    """Whose turn it is."""
    may_take = bool(rights.allowed(task, who, restricted=sealed))
    proposed = _proposed(task, who, now)
    told = {"undo": None} if proposed and proposed.mine else {}  # the panel says it
    return told | {
        "title": f"Task {task.id}",
        "held": _held(task, who, now),
        "proposed": proposed,
        "closed": f"It was closed at {words.clock(task.closed_at)}." if task.closed_at else "",
        "may_take": may_take or (bool(task.closed_at) and task.queue in rights.queues(who)),
        "looking": _looking(task, who, now, sealed, may_take=may_take),
        "free": may_take and not _elsewhere(task, who, now),
    }


def _held(task: TaskRow, who: Person, now: datetime) -> Held | None:
    mine = task.leased_by == who.id and not task.proposed and task.closed_at is None
    if not mine or task.lease is None or task.leased_until is None or task.leased_until <= now:
        return None
    return Held(task.lease, task.leased_until, round((task.leased_until - now).total_seconds()))


def _proposed(task: TaskRow, who: Person, now: datetime) -> Proposed | None:
    if not task.proposed or task.commit_at is None or task.closed_at is not None:
        return None
    mine = task.leased_by == who.id
    decision = str(task.proposed.get("decision", ""))
    said = chrome.SAID.get(decision, decision) if mine else "Somebody has decided"
    left = max(0, round((task.commit_at - now).total_seconds()))
    return Proposed(said, task.commit_at, left, mine, task.lease or 0)


def _looking(task: TaskRow, who: Person, now: datetime, sealed: bool, *, may_take: bool) -> str:
    if who.id in task.excluded:
        return "This one needs somebody else than whoever decided on it before."
    if not may_take:
        return f"Deciding here needs the role {rights.least(task.queue, restricted=sealed)}."
    if _elsewhere(task, who, now) and task.leased_until:
        return f"Somebody else has it until {words.clock(task.leased_until)}. You can take it after that."
    if task.leased_by == who.id:
        return "Your hold on it ended; nothing was recorded. Take it again to decide."
    return "Nobody holds it. Looking claims nothing; take it to decide."


def _elsewhere(task: TaskRow, who: Person, now: datetime) -> bool:
    """Whether somebody else holds it."""
    return task.leased_by != who.id and task.leased_until is not None and task.leased_until > now


def _head(task: TaskRow, name: str, family: str, now: datetime, sealed: bool) -> dict[str, Any]:
    tags = [words.due(task.due_at, now), *words.slug_tags(task.slugs)]
    tags += [Tag("quarantine", "bad", "lock")] if sealed else []
    return {
        "id": task.id,
        "queue": task.queue,
        "queue_title": QUEUES[task.queue].title,
        "subject": task.subject,
        "short": task.subject.removeprefix(NOTICE)[:HEAD],
        "name": name,
        "about": f"{family} · waits {words.age(now - task.at)}",
        "tags": tags if task.closed_at is None else [Tag("closed", "", "check")],
    }


def _named(about: Subject) -> str:
    return about.name[:1].upper() + about.name[1:]


def _signals(session: Session, task: TaskRow) -> list[SignalRow]:
    """Of each detector what it said last about these bytes."""
    about = (task.subject, task.object_sha256)
    return heard.last(session, [task.object_sha256]).get(about, [])


def _machine(session: Session, task: TaskRow) -> VerdictRow | None:
    """What the machine judged last of these bytes; what people said of them is history."""
    row = VerdictRow
    same = (row.stream == task.subject, row.object_sha256 == task.object_sha256, row.decided_by == POLICY)
    return session.scalars(select(row).where(*same).order_by(row.position.desc()).limit(1)).first()


def _why(task: TaskRow, reasons: Sequence[str]) -> list[str]:
    refused = [f"The last decision did not count: {task.refusal}"] if task.refusal else []
    return [*refused, *([task.why] if task.why else []), *reasons]


def _policy(verdict: VerdictRow | None, task: TaskRow) -> dict[str, Any]:
    """The rules behind the reasons: those suspected first, the rest behind a summary."""
    suspected = {slug: SLUGS.get(slug, "of another taxonomy") for slug in task.slugs}
    name = (
        f"{verdict.policy} ({verdict.policy_sha256[:HEAD]})"
        if verdict
        else "No policy has judged these bytes."
    )
    others = [(slug, says) for slug, says in SLUGS.items() if slug not in suspected]
    return {"name": name, "rules": list(suspected.items()), "others": others}

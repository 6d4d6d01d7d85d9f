"""The queues and what waits in each: rows and words brought together for two pages. Receives the session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from wetplate.errors import ImageUnknown
from wetplate.moderation import tasks
from wetplate.moderation.tables import TaskRow
from wetplate.moderation.tasks import Count
from wetplate.review import bulk, quarantine, rights
from wetplate.review.access import Person
from wetplate.review.pages import subjects, thumbs, words
from wetplate.review.pages.thumbs import Thumb
from wetplate.review.pages.words import QUEUES, Tag
from wetplate.review.reasons import APPROVE, NOTICE, reasons

PER_PAGE = 24


@dataclass(frozen=True)
class Card:
    """A queue among queues; `first` is the one that the key n takes from."""

    name: str
    title: str
    about: str
    open: int
    overdue: int
    tags: Sequence[Tag]
    may_take: bool
    first: bool


@dataclass(frozen=True)
class Item:
    """A task in a list; `pick` says whether it can be approved together with others."""

    id: int
    name: str
    about: str
    tags: Sequence[Tag]
    picture: Thumb
    pick: bool


def overview(session: Session, who: Person, now: datetime) -> dict[str, Any]:
    """The page of all queues."""
    counts, mine = tasks.counts(session, now), rights.queues(who)
    first = next((name for name in mine if counts[name].open), "")
    cards = [_card(name, counts[name], name in mine, name == first) for name in tasks.QUEUES]
    held = [task for task in tasks.held(session, who.id, now) if not task.proposed]
    return {
        "title": "Queues",
        "lead": _lead(sum(count.open for count in counts.values()), sum(c.overdue for c in counts.values())),
        "queues": cards,
        "held": [(task.id, subjects.title(session, task.subject)) for task in held],
    }


def listing(session: Session, who: Person, name: str, after: str, now: datetime) -> dict[str, Any]:
    """What waits in one queue, most urgent first. Looking claims nothing. Raises ImageUnknown."""
    if name not in QUEUES:
        raise ImageUnknown(f"there is no queue {name[:40]!r}; the queues are {', '.join(QUEUES)}")
    count = tasks.counts(session, now)[name]
    rows = _page(session, name, after)
    shown = rows[:PER_PAGE]
    away = subjects.away(session, [row.subject for row in shown])
    shut = quarantine.among(session, {row.subject: row.object_sha256 for row in shown})
    may = name in rights.queues(who)
    items = [_item(session, who, row, now, row.subject in shut, row.subject in away) for row in shown]
    together = reasons(name, APPROVE).items() if may and any(item.pick for item in items) else ()
    return {
        "title": QUEUES[name].title,
        "name": name,
        "about": QUEUES[name].about,
        "empty": QUEUES[name].empty,
        "lead": "Looking at the list claims nothing." if shown else "",
        "tags": _tags(count),
        "may_take": may,
        "tasks": items,
        "together": list(together),
        "done": "",
        "left": (),
        "after": f"{shown[-1].due_at.isoformat()}_{shown[-1].id}" if len(rows) > PER_PAGE else "",
    }


def _lead(open: int, overdue: int) -> str:
    if not open:
        return "Nothing waits. New pictures, notices and appeals appear here by themselves."
    late = f" {words.counted(overdue, 'is', 'are')} overdue." if overdue else ""
    waits = "Items wait; nothing is published until somebody decides."
    return f"{waits} {words.counted(open, 'item')} in all.{late}"


def _card(name: str, count: Count, may_take: bool, first: bool) -> Card:
    queue = QUEUES[name]
    return Card(name, queue.title, queue.about, count.open, count.overdue, _tags(count), may_take, first)


def _tags(count: Count) -> list[Tag]:
    if not count.open:
        return [Tag("empty", "good", "check")]
    late = (
        [Tag(f"{count.overdue} overdue", "bad", "alert")]
        if count.overdue
        else [Tag("in time", "good", "check")]
    )
    return [Tag(f"oldest {words.age(count.oldest)}", "", "clock"), *late]


def _page(session: Session, queue: str, after: str) -> Sequence[TaskRow]:
    query = select(TaskRow).where(TaskRow.queue == queue, tasks.OPEN)
    if after:
        query = query.where(tuple_(TaskRow.due_at, TaskRow.id) > _position(after))
    return session.scalars(query.order_by(TaskRow.due_at, TaskRow.id).limit(PER_PAGE + 1)).all()


def _position(after: str) -> tuple[datetime, int]:
    moment, _, number = after.rpartition("_")
    try:
        return datetime.fromisoformat(moment), int(number[:9])
    except ValueError as error:
        raise ImageUnknown("this page of the queue is gone; open the queue again") from error


def _item(session: Session, who: Person, task: TaskRow, now: datetime, sealed: bool, away: bool) -> Item:
    held = task.proposed or (task.leased_until and task.leased_until > now)
    by = "you" if task.leased_by == who.id else "somebody"
    tags = [words.due(task.due_at, now), *words.slug_tags(task.slugs)]
    tags += [Tag("quarantine", "bad", "lock")] if sealed else []
    tags += [Tag(f"held by {by}", "", "person")] if held else []
    tags += [Tag("not for you", "warn", "none")] if who.id in task.excluded else []
    waited = words.age(max(now - task.at, timedelta(0)))
    about = f"{task.family or 'no family'} · waits {waited}" + (
        f" · round {task.round}" if task.round > 1 else ""
    )
    name = subjects.title(session, task.subject)
    picture = (
        Thumb("", "a notice", "")
        if task.subject.startswith(NOTICE)
        else thumbs.of_task(task, who, name, sealed=sealed, away=away)
    )
    pick = bulk.harmless(task) and not held and who.id not in task.excluded and bool(picture.src)
    return Item(task.id, name[:1].upper() + name[1:], about, tags, picture, pick)

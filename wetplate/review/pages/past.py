"""What happened, as lines of a page: decisions and verdicts of an image, steps of a notice.

What somebody must not know yet is left out by `wetplate.review.history`, not here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from wetplate.moderation import tasks
from wetplate.moderation.judge import POLICY
from wetplate.moderation.tables import TaskRow
from wetplate.publication.notices.tables import NoticeEventRow
from wetplate.retention.personal import Wrapping
from wetplate.review.access import Person
from wetplate.review.history import Entry, blind, history
from wetplate.review.pages.chrome import SAID
from wetplate.review.pages.words import HEAD, QUEUES

LONG = re.compile(r"\b[0-9a-f]{32,64}\b")
EFFECTS = {"second": "waits for a second person", "escalated": "sent to a senior", "in-force": "in force"}
MACHINE = {"approve": "Let pass", "review": "Asked for a person", "reject": "Rejected"}


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    at: datetime
    what: str
    by: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Past:
    """What happened so far; `blind`: something is left out until a second person has decided."""

    events: Sequence[Event]
    blind: bool


def of(session: Session, task: TaskRow, who: Person, wrapping: Wrapping | None) -> Past:
    """Of the subject of a task, for whoever has it before them."""
    entries = history(session, task.subject, who, task, wrapping)
    return Past(
        [_event(each) for each in entries], task.queue == tasks.SECOND or blind(session, task.subject)
    )


def of_image(session: Session, recipe_id: str, who: Person, wrapping: Wrapping | None) -> Past:
    """Of an image, whatever waits."""
    entries = history(session, recipe_id, who, wrapping=wrapping)
    return Past([_event(each) for each in entries], blind(session, recipe_id))


def step(row: NoticeEventRow, details: Mapping[str, Any]) -> Event:
    """One step of a notice; its details as they may be read now."""
    moved = " → ".join(filter(None, [row.from_state, row.to_state])) if row.from_state != row.to_state else ""
    said = [f"{name}: {_plain(value)}" for name, value in details.items() if value not in ("", [], {}, None)]
    return Event(row.at, row.event.replace("_", " ").capitalize(), row.actor, [*filter(None, [moved]), *said])


def _event(entry: Entry) -> Event:
    machine = entry.by == POLICY
    what = (
        MACHINE.get(entry.decision, entry.decision) if machine else SAID.get(entry.decision, entry.decision)
    )
    where = f"{QUEUES[entry.queue].title}: " if entry.queue in QUEUES else ""
    more = [f"{name}: {_plain(value)}" for name, value in entry.details.items()]
    effect = [EFFECTS.get(entry.effect, entry.effect)] if entry.effect else []
    return Event(
        entry.at, where + what, "the policy" if machine else entry.by, [*entry.reasons, *more, *effect]
    )


def _plain(value: object) -> str:
    """As people read it: yes and no, ids by their first digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{_plain(name)} {_plain(each)}" for name, each in value.items())
    return LONG.sub(lambda found: found[0][:HEAD], str(value))

"""Words of the pages: queues, ages, tags. Pure.

Here: sentences that several pages say. Not here: rows, HTTP, what one page alone says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wetplate.moderation import tasks

HEAD = 12  # digits of an id that people read


@dataclass(frozen=True)
class Tag:
    """A few words with a tone (good, bad, warn or none) and an icon: never colour alone."""

    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Queue:
    """What a queue is called, what it is for, and what is true when it is empty."""

    title: str
    about: str
    empty: str


QUEUES: Mapping[str, Queue] = {
    tasks.REVIEW: Queue(
        "To review",
        "The machine was not sure enough to let these pass.",
        "Every new picture was clear enough for the machine, or has been decided.",
    ),
    tasks.SECOND: Queue(
        "Second review",
        "Somebody decided; another person decides again without knowing how.",
        "No decision asks for a second pair of eyes.",
    ),
    tasks.ESCALATED: Queue(
        "Escalated",
        "Hard cases, and pictures in quarantine. For seniors.",
        "Nobody has passed anything on, and nothing is in quarantine.",
    ),
    tasks.APPEAL: Queue(
        "Appeals",
        "Somebody disagrees with a decision. Whoever made it may not judge it.",
        "Nobody disagrees with a decision.",
    ),
    tasks.TAKEDOWN: Queue(
        "Takedowns",
        "Notices from outside that ask for an image to be withdrawn.",
        "No notice waits.",
    ),
    tasks.AUDIT: Queue(
        "Audit sample",
        "Pictures the machine approved, chosen by hash: how often is it wrong?",
        "No sample is due.",
    ),
}


def age(waited: timedelta) -> str:
    """The largest unit that fits."""
    seconds = max(0, int(waited.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def due(due_at: datetime, now: datetime) -> Tag:
    """By when, or since when it is late."""
    if due_at <= now:
        return Tag(f"{age(now - due_at)} overdue", "bad", "alert")
    soon = due_at - now < timedelta(hours=1)
    return Tag(f"due in {age(due_at - now)}", "warn" if soon else "", "clock")


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 image`, `2 images`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def variant(said: Mapping[str, str], otherwise: str) -> str:
    """A variant in words: `lace red, sole gum`."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items()) or otherwise


def slug_tags(slugs: Iterable[str]) -> list[Tag]:
    """A tag per suspicion."""
    return [Tag(slug) for slug in slugs]


def clock(moment: datetime) -> str:
    """The time of day, in UTC."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"

"""Small pictures in lists: whether one is shown, and how much of it. Pure."""

from dataclasses import dataclass

from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Person


@dataclass(frozen=True)
class Thumb:
    """An address, or why there is none; `veil` are CSS classes; `alt` says what it is."""

    src: str
    why: str
    veil: str
    alt: str = ""


def of_task(task: TaskRow, who: Person, name: str, *, sealed: bool, away: bool) -> Thumb:
    """The task's own picture in a list. Quarantine shows none, nor is one that was moved out of reach."""
    if sealed:
        return Thumb("", "in quarantine: no pixels are shown", "")
    if away:
        return Thumb("", "redacted since: moved out of reach", "")
    return Thumb(f"/pixels/{task.id}/thumb", "", veil(who, sensitive=task.sensitive), name)


def veil(who: Person, *, sensitive: bool) -> str:
    """The CSS classes under which a picture is shown to this person."""
    if not sensitive:
        return ""
    return " ".join(["blurred"] * (who.preferences.blur > 0) + ["greyed"] * who.preferences.grey)

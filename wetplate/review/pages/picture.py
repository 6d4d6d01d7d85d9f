"""The picture of a task as its page shows it: sealed or open, blurred or not, with boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from wetplate.moderation.tables import TaskRow
from wetplate.review.access import Person
from wetplate.review.pages import grants
from wetplate.review.pages.detections import Box

COMFORT = (
    "Blurred because of what is suspected. That is a comfort, not a protection: stop when it is too much, "
    "skip it, or leave such pictures to others under your preferences."
)
SEALED = (
    "What is suspected here is seen by as few people as possible. The page does not even ask for the picture "
    "until somebody says why they need it."
)

AWAY = (
    "This picture was redacted: its bytes were moved out of reach, and are deleted when they are due. "
    "Whoever needs them to decide says why; that is kept in the log."
)
OVER = "Nothing waits here any more. Its picture is shown to reviewers."


@dataclass(frozen=True)
class Picture:
    """Everything the template asks for; `sealed` says why there are no pixels."""

    src: str
    width: int
    height: int
    alt: str
    boxes: Sequence[Box]
    blur: bool
    grey: bool
    comfort: str
    sealed: str = ""
    may_open: bool = False
    minutes: int = grants.MINUTES

    @property
    def closed(self) -> str:
        """Why there are no pixels, in two words."""
        return {AWAY: "Out of reach", OVER: "Closed"}.get(self.sealed, "Quarantined")

    @property
    def type_size(self) -> int:
        """Of the boxes' numbers, in pixels of the picture."""
        return max(9, round(self.height * 0.03))


def picture(
    task: TaskRow,
    who: Person,
    name: str,
    size: tuple[int, int],
    boxes: Sequence[Box],
    *,
    sealed: bool,
    granted: bool,
) -> Picture:
    """As this person sees it; `sealed`: it is in quarantine; `granted`: its pixels may go out to them."""
    veiled = task.sensitive or sealed
    blur, grey = who.preferences.blur > 0 and veiled, who.preferences.grey and veiled
    unseen = SEALED if sealed else AWAY if grants.current(who, task) else OVER
    why = "" if granted else unseen
    return Picture(
        f"/pixels/{task.id}/full",
        *size,
        name,
        boxes,
        blur,
        grey,
        COMFORT if blur else "",
        why,
        who.may(grants.LEAST),
    )

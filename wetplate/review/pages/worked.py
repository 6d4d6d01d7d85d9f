"""How long somebody has been deciding without a break, and when a break is suggested. Pure.

A stretch ends with a pause: a quarter of an hour without a decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wetplate.review.pages.words import age, counted

PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class Worked:
    """Decisions of the present stretch, in words; `tired` suggests a break, "" not yet."""

    count: int = 0
    text: str = ""
    tired: str = ""


def worked(decided: Sequence[datetime], now: datetime, break_minutes: int) -> Worked:
    """From when somebody decided, newest first; `break_minutes` of work suggest a break, 0 never does."""
    stretch = _stretch(decided, now)
    if not stretch:
        return Worked()
    lasted = now - stretch[-1]
    said = f"{counted(len(stretch), 'decision')} in {age(lasted)}"
    late = break_minutes and lasted >= timedelta(minutes=break_minutes)
    tired = f"{said} without a break. A quarter of an hour away helps; what waits, waits." if late else ""
    return Worked(len(stretch), said, tired)


def _stretch(decided: Sequence[datetime], now: datetime) -> list[datetime]:
    after, stretch = now, list[datetime]()
    for moment in decided:
        if after - moment >= PAUSE:
            break
        stretch.append(moment)
        after = moment
    return stretch

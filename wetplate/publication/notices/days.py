"""Business days, for the time in which a counter-notice is answered. Pure.

The calendar: Monday to Friday, without the federal holidays of the United States (5 U.S.C. 6103(a)), whose
law sets the time (17 U.S.C. 512(g)(2)(C): not less than 10, nor more than 14, business days). A holiday on
a Saturday is kept on the Friday before it, one on a Sunday on the Monday after it. Days are those of UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

EARLIEST, LATEST = 10, 14
MONDAY, THURSDAY = 0, 3
DAY = timedelta(days=1)
FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
#: Month, weekday, which of the month (the last: -1).
FLOATING = (
    (1, MONDAY, 3),
    (2, MONDAY, 3),
    (5, MONDAY, -1),
    (9, MONDAY, 1),
    (10, MONDAY, 2),
    (11, THURSDAY, 4),
)


def after(moment: datetime, days: int) -> datetime:
    """The end (UTC midnight) of the `days`-th business day after the day of this moment."""
    day = moment.astimezone(UTC).date()
    while days:
        day += DAY
        days -= is_business(day)
    return datetime.combine(day + DAY, datetime.min.time(), UTC)


def is_business(day: date) -> bool:
    """Whether offices are open."""
    return day.weekday() < 5 and day not in set(holidays(day.year))


def holidays(year: int) -> Iterator[date]:
    """The days that are kept as holidays, the next New Year among them when it is kept in this year."""
    for month, day in FIXED:
        yield _kept(date(year, month, day))
    yield _kept(date(year + 1, 1, 1))
    for month, weekday, number in FLOATING:
        yield _nth(year, month, weekday, number)


def _kept(day: date) -> date:
    return day + {5: -DAY, 6: DAY}.get(day.weekday(), timedelta(0))


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    if number < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - DAY
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))

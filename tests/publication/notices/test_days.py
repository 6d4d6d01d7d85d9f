"""Business days: the calendar of the law that counts them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wetplate.publication.notices.days import after, holidays, is_business


@pytest.mark.parametrize(
    ("year", "kept"),
    [
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
    ],
)
def test_holidays_of_a_year(year: int, kept: str) -> None:
    found = sorted(day.strftime("%m-%d") for day in set(holidays(year)) if day.year == year)
    assert found == kept.split()


def test_ten_business_days_over_thanksgiving() -> None:
    """Received on Friday the 20th; the 26th is a holiday; the tenth business day is Monday, December 7."""
    assert after(datetime(2026, 11, 20, 15, tzinfo=UTC), 10) == datetime(2026, 12, 8, tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(1, 20))
def test_so_many_business_days_lie_between(moment: datetime, days: int) -> None:
    end = after(moment, days).date()
    between = [moment.date() + timedelta(days=n) for n in range(1, (end - moment.date()).days)]
    assert sum(map(is_business, between)) == days
    assert is_business(between[-1])


def test_weekends_are_none() -> None:
    assert not is_business(date(2026, 11, 21))
    assert is_business(date(2026, 11, 23))

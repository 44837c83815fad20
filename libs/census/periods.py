"""The periods of releases: weeks, months and quarters of the calendar, in UTC.

2026-W47   a week, Monday to Sunday, as ISO 8601 numbers it
2026-11    a month
2026-Q4    a quarter
"""

import enum
import re
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

_DAY: Final = timedelta(days=1)
# The last year that a date knows has periods that end after it.
_NAME: Final = re.compile(r"(?!9999)([0-9]{4})-(?:([0-9]{2})|W([0-9]{2})|Q([1-4]))")
_MONTHS_A_QUARTER: Final = 3
_DAYS_A_WEEK: Final = 7


class Period(Struct, frozen=True):
    """The days of a release, both included, in UTC."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """All days, in order."""
        return tuple(self.first + day * _DAY for day in range((self.last - self.first).days + 1))


class Cadence(enum.Enum):
    """How often there is a release."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def releases_a_year(self) -> int:
        """The most periods that begin in any 365 days."""
        return {Cadence.WEEKLY: 53, Cadence.MONTHLY: 12, Cadence.QUARTERLY: 4}[self]

    def period_of(self, day: date) -> Period:
        """Return the period that `day` is in."""
        match self:
            case Cadence.WEEKLY:
                return _week(day - day.weekday() * _DAY)
            case Cadence.MONTHLY:
                return _months(day.year, day.month, 1)
            case Cadence.QUARTERLY:
                first = day.month - (day.month - 1) % _MONTHS_A_QUARTER
                return _months(day.year, first, _MONTHS_A_QUARTER)

    def after(self, period: Period) -> Period:
        """Return the period that follows."""
        return self.period_of(period.last + _DAY)


def name_of(period: Period) -> str:
    """Return the name of a period. Raises ValueError for days that are none of the calendar."""
    first = period.first
    if period == Cadence.MONTHLY.period_of(first):
        return f"{first:%Y-%m}"
    if period == Cadence.QUARTERLY.period_of(first):
        return f"{first:%Y}-Q{(first.month - 1) // _MONTHS_A_QUARTER + 1}"
    if period == Cadence.WEEKLY.period_of(first):
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    raise ValueError(f"{first} to {period.last} is no week, month or quarter")


def parse(name: str) -> Period:
    """Return the period of that name. Raises ValueError."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(
            f"a period is a week, a month or a quarter, such as 2026-W47, 2026-11 or 2026-Q4,"
            f" not {name!r}"
        )
    year, month, week, quarter = found.groups()
    if week:
        return _week(date.fromisocalendar(int(year), int(week), 1))
    if month:
        return _months(int(year), int(month), 1)
    return _months(int(year), _MONTHS_A_QUARTER * (int(quarter) - 1) + 1, _MONTHS_A_QUARTER)


def _week(monday: date) -> Period:
    return Period(monday, monday + (_DAYS_A_WEEK - 1) * _DAY)


def _months(year: int, month: int, count: int) -> Period:
    years, following = divmod(month - 1 + count, 12)
    return Period(date(year, month, 1), date(year + years, following + 1, 1) - _DAY)

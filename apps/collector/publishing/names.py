"""The name of a release: its period, as in `2026-11`, `2026-W48` or `2026-Q4`."""

from datetime import date, timedelta
from typing import Final

from census import Release

_MONTHS_A_QUARTER: Final = 3


def name_of(release: Release) -> str:
    """Return the name under which a release is kept and asked for."""
    first, last = date.fromisoformat(release.first_day), date.fromisoformat(release.last_day)
    if first + timedelta(days=6) == last and first.isoweekday() == 1:
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    return f"{first.year}-Q{(last.month - 1) // _MONTHS_A_QUARTER + 1}"

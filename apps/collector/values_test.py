"""Texts of flags."""

from datetime import date

import pytest

from collector.values import days as parse_days
from collector.values import first_day, networks, number, public_address
from command_line.errors import InvalidValue


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("400d", 400), ("99999d", 99_999)])
def test_a_retention_is_a_number_of_days(text: str, days: int) -> None:
    """Days are written as a number and a d."""
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "0d", "-1d", "400", "1w", "1.5d", "100000d", "٤d", "1d\n"])
def test_anything_else_is_refused(text: str) -> None:
    """What is not a whole number of days, at least one, is named in the error."""
    with pytest.raises(InvalidValue, match=r"^must be a number of days"):
        parse_days(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11", date(2026, 11, 1)), ("2026-11-25", date(2026, 11, 25))],
)
def test_a_first_day_is_a_day_or_a_month(text: str, day: date) -> None:
    """A month begins on its first day."""
    assert first_day(text) == day


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-11-31", "0000-01", "2026-11-25T00"])
def test_what_is_not_a_day_is_refused(text: str) -> None:
    """A day that no calendar has is none."""
    with pytest.raises(InvalidValue, match=r"^must be a month or a day"):
        first_day(text)


@pytest.mark.parametrize("text", ["", "0", "0.09", "21", "-4", "1e1", "nan", "inf", "4,0", "٤"])
def test_a_number_has_bounds(text: str) -> None:
    """What is outside of them, or not written in digits, is refused with both."""
    assert number(0.1, 20)("0.5") == 0.5
    with pytest.raises(InvalidValue, match=r"^must be a number from 0\.1 to 20"):
        number(0.1, 20)(text)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example.com", "10.0.0.1/8"])
def test_what_is_not_a_network_is_refused(text: str) -> None:
    """A name, a mask too long and a network with host bits are errors that say so."""
    with pytest.raises(InvalidValue, match=r"^must list networks"):
        networks(text)


@pytest.mark.parametrize("text", ["http://localhost:8080", "https://census.example.com/a/b-1.2/"])
def test_a_public_address_is_kept_as_it_is(text: str) -> None:
    """Scheme, host, port and path."""
    assert public_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("census.example.com", "ftp://census.example.com", "https://", "https://user:p@host"),
        *(
            "https://host/?a=b",
            "https://host/$(id)",
            "https://host/;id",
            "https://host/\n",
            "https://h`",
        ),
    ],
)
def test_what_a_shell_would_read_is_no_public_address(text: str) -> None:
    """The page's command must do what it says, whoever copies it."""
    with pytest.raises(InvalidValue, match=r"^must be an address such as"):
        public_address(text)

"""Texts of flags."""

import pytest

from collector.values import days as parse_days
from collector.values import networks
from command_line.errors import InvalidValue


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("400d", 400), ("99999d", 99_999)])
def test_a_retention_is_a_number_of_days(text: str, days: int) -> None:
    """Days are written as a number and a d."""
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "0d", "-1d", "400", "1w", "1.5d", "100000d", "٤d", "1d\n"])
def test_anything_else_is_refused(text: str) -> None:
    """What is no whole number of days, at least one, is named in the error."""
    with pytest.raises(InvalidValue, match=r"^must be a number of days"):
        parse_days(text)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example.com", "10.0.0.1/8"])
def test_what_is_not_a_network_is_refused(text: str) -> None:
    """A name, a mask too long and a network with host bits are errors that say so."""
    with pytest.raises(InvalidValue, match=r"^must list networks"):
        networks(text)

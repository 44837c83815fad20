"""Behaviour of `tools.bench.findings`."""

import pytest

from tools.bench.findings import Finding, render


@pytest.mark.parametrize(
    ("value", "at_most", "at_least", "holds"),
    [
        (5, None, None, True),
        (5, 5, None, True),
        (5.1, 5, None, False),
        (5, None, 5, True),
        (4.9, None, 5, False),
    ],
)
def test_a_promise_holds_up_to_its_limit(
    value: float, at_most: float | None, at_least: float | None, *, holds: bool
) -> None:
    """The limit itself is still good; without one everything is."""
    finding = Finding(what="p99", value=value, unit="ms", at_most=at_most, at_least=at_least)
    assert finding.holds == holds


def test_the_table_says_what_is_missed() -> None:
    """A missed promise is marked in its line and counted in the verdict."""
    good = Finding(what="rate", value=1_600, unit="/s", at_least=1_500)
    bad = Finding(what="p99", value=130, unit="ms", at_most=120)
    lines = render([good, bad]).splitlines()
    assert lines[0].split() == ["rate", "1,600", "/s", "at", "least", "1,500"]
    assert lines[1].split() == ["p99", "130", "ms", "at", "most", "120", "MISSED"]
    assert lines[-1] == "1 promises are missed."
    assert render([good]).endswith("All promises hold.")

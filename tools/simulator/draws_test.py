"""Draws are repeatable and stay in their range."""

from collections import Counter
from math import log
from statistics import fmean, stdev
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tools.simulator.draws import Draws


def test_same_label() -> None:
    """The same label gives the same draws."""
    first, second = Draws(1, "node", 7), Draws(1, "node", 7)
    assert [first.number(1000) for _ in range(50)] == [second.number(1000) for _ in range(50)]


def test_other_label() -> None:
    """Another label gives other draws."""
    assert Draws(1, "node", 7).hexadecimal(32) != Draws(1, "node", 8).hexadecimal(32)


@given(below=st.integers(1, 10**12), seed=st.integers())
def test_number_range(below: int, seed: int) -> None:
    """A number is at least 0 and below its bound."""
    assert 0 <= Draws(seed).number(below) < below


def test_weighted() -> None:
    """An option is drawn as often as its share says, and never where it has none."""
    draws = Draws("weighted")
    drawn = Counter(draws.weighted({"often": 9, "never": 0, "rarely": 1}) for _ in range(5_000))
    assert set(drawn) == {"often", "rarely"}
    assert 400 < drawn["rarely"] < 600


def test_log_normal() -> None:
    """Logarithms have the mean and the spread that were asked for."""
    draws = Draws("log-normal")
    logarithms = [log(draws.log_normal(7, 1.2)) for _ in range(5_000)]
    assert abs(fmean(logarithms) - log(7)) < 0.06
    assert abs(stdev(logarithms) - 1.2) < 0.05


def test_shuffled() -> None:
    """Shuffling keeps every item and changes the order."""
    shuffled = Draws("cards").shuffled(range(52))
    assert sorted(shuffled) == list(range(52))
    assert shuffled != list(range(52))


def test_uuid() -> None:
    """A UUID is one of version 4."""
    assert UUID(Draws("node").uuid()).version == 4

"""No sentence of a comparison claims more than the release says."""

import re
from datetime import date
from random import Random
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from census import Budget, Counts, Period, Release, exact_release_of, release_of
from census.comparison import compare
from census.questions import QUESTIONS, UNIT
from report import Report
from volunteer.comparing.text import render

_PERIOD: Final = Period(date(2026, 11, 1), date(2026, 11, 30))
_TITLE: Final = "Version of the control plane"
_SIDES: Final = {"newer": 1, "older": -1}
_CLAIM: Final = re.compile(r"(?:[:;,] )([^;,]*%[^;,]*|none[^;,]*)")
# Shares are published with four digits.
_ROUNDED: Final = 0.001


def _interval(words: str) -> tuple[float, float]:
    """Return what a sentence says of a share: no less than, and no more than."""
    numbers = [float(each) / 100 for each in re.findall(r"[0-9.]+(?=%|\))", words)]
    match words.split():
        case ["none", *_]:
            return 0.0, 0.0
        case ["at", "most", *_]:
            return 0.0, numbers[0]
        case ["at", "least", *_]:
            return numbers[0], 1.0
        case [_, "to", *_]:
            return numbers[0], numbers[1]
    if "±" in words:
        return numbers[0] - numbers[1], numbers[0] + numbers[1]
    # What has no margin is rounded.
    digit = 0.0005 if numbers[0] < 0.02 else 0.005
    return numbers[0] - digit, numbers[0] + digit


def _claims(mine: int, release: Release) -> dict[str, tuple[float, float]]:
    """Return what is claimed of the same version, newer ones and older ones."""
    report = Report(version="v", cluster_id="c", master_version=f"v1.{mine}.0", nodes=())
    blocks = render(compare(report, release), "https://c.example").split("\n\n")
    found = {}
    for block in blocks:
        title, *lines = block.splitlines()
        if title != _TITLE:
            continue
        for words in _CLAIM.findall(lines[0].partition(f"1.{mine}")[2]):
            side = next((each for each in _SIDES if each in words), "same")
            if "such answers" not in words and "do not say" not in words:
                found[side] = _interval(words)
    return found


_CENSUSES: Final = st.dictionaries(st.integers(20, 40), st.integers(1, 3_000), min_size=1)
"""How many clusters run each minor version."""
_MINE: Final = st.integers(20, 40)


def _counts(census: dict[int, int]) -> Counts:
    return {
        "clusters": {"clusters": sum(census.values()) * UNIT},
        "kubernetes": {f"1.{minor}": number * UNIT for minor, number in census.items()},
    }


def _belongs(side: str, minor: int, mine: int) -> bool:
    return (minor > mine) - (minor < mine) == _SIDES.get(side, 0)


@settings(deadline=None)
@given(_CENSUSES, _MINE)
def test_exact(census: dict[int, int], mine: int) -> None:
    """Of an exact release each claim is true of the clusters themselves."""
    claims = _claims(mine, exact_release_of(_counts(census), _PERIOD, QUESTIONS[:2]))
    assert claims.keys() == {"same", "newer", "older"}
    for side, (low, high) in claims.items():
        share = sum(number for minor, number in census.items() if _belongs(side, minor, mine))
        assert low - _ROUNDED <= share / sum(census.values()) <= high + _ROUNDED, side


@settings(deadline=None)
@given(_CENSUSES, _MINE, st.integers(0, 1_000))
def test_private(census: dict[int, int], mine: int, seed: int) -> None:
    """Of a private release each claim holds for whatever `other` may consist of."""
    made = release_of(
        _counts(census), _PERIOD, Budget(epsilon=1), Random(seed).getrandbits, QUESTIONS[:2]
    )
    claims = _claims(mine, made)
    shares = {cell.answer: cell.share for asked in made.answers for cell in asked.cells}
    rest = shares.pop("other", 1.0)
    assert ("same" in claims) == (f"1.{mine}" in shares)
    for side, (low, high) in claims.items():
        shown = sum(
            share
            for answer, share in shares.items()
            if _belongs(side, int(answer.removeprefix("1.")), mine)
        )
        possible = shown + (rest if side != "same" else 0.0)
        assert low - _ROUNDED <= min(shown, 1.0), side
        assert min(possible, 1.0) <= high + _ROUNDED, side

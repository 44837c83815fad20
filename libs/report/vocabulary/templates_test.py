"""The language of the data files."""

import re
from datetime import date, timedelta

import pytest

from report.vocabulary.templates import PIECES, Template

_WORDS = {"codename": ("bookworm", "c++")}


def _matches(template: str, text: str) -> bool:
    made = Template(template, _WORDS)
    matches = made.public_end(text, len(text)) == len(text)
    assert made.may_match(text) or not matches
    return matches


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("linux", "linux"),
        ("a.b+(c)", "a.b+(c)"),
        ("{major}.{minor}.{patch}", "0.0.0"),
        ("{major}.{minor}.{patch}", "99.99.999"),
        ("{build:7}", "1043002"),
        ("{build:1}", "0"),
        ("{digits:6}", "060503"),
        ("{date}", "20241031"),
        ("{date}", "20240229"),
        ("{minute}", "202410211619"),
        ("({codename})", "(bookworm)"),
        ("{codename}", "c++"),
        ("a[ b]", "a"),
        ("a[ b]", "a b"),
        ("a[ b[ c]]d", "a b cd"),
    ],
)
def test_match(template: str, text: str) -> None:
    """A template matches its fixed text, its pieces, and what is in brackets or not."""
    assert _matches(template, text)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("linux", "Linux"),
        ("linux", "linux\n"),
        ("linux", " linux"),
        ("a.b", "axb"),
        ("{major}", ""),
        ("{major}", "100"),
        ("{minor}", "04"),
        ("{patch}", "1000"),
        ("{build:7}", "12345678"),
        ("{build:7}", "\u0661"),
        ("{build:3}", "007"),
        ("{digits:6}", "60503"),
        ("{digits:6}", "0605030"),
        ("{date}", "20091231"),
        ("{date}", "20400101"),
        ("{date}", "20240230"),
        ("{date}", "20230229"),
        ("{date}", "20241301"),
        ("{minute}", "202410212400"),
        ("{minute}", "202410211660"),
        ("({codename})", "(acme)"),
        ("({codename})", "(Bookworm)"),
        ("a[ b[ c]]d", "a cd"),
    ],
)
def test_no_match(template: str, text: str) -> None:
    """A template matches nothing longer, shorter, in other letters or in other digits."""
    assert not _matches(template, text)


def test_match_before_end() -> None:
    """A template is compared to what stands before the end that is given, and not behind it."""
    template = Template("v{major}.{minor}", {})
    assert template.public_end("v1.30-acme", 5) == 5
    assert template.public_end("v1.30-acme", 6) is None


def test_unsent() -> None:
    """A part that is not sent has to be there, and what may be sent ends in front of it."""
    template = Template("v{major}-{build:4}<+{commit}>", {})
    text = "v1-34+a56971609ff35a"
    assert template.public_end(text, len(text)) == len("v1-34")
    assert template.public_end("v1-34", len("v1-34")) is None
    assert template.public_end("v1-34+acme", len("v1-34+acme")) is None


@pytest.mark.parametrize("piece", ["acme", "build", "build:0", "build:8", "digits:12", "major:2"])
def test_unknown_piece(piece: str) -> None:
    """A piece that nobody listed is an error and never a text."""
    with pytest.raises(KeyError):
        _matches(f"{{{piece}}}", "acme")


def test_dates() -> None:
    """A date is every day from 2010 to 2039, and nothing else of eight digits."""
    first = date(2010, 1, 1)
    days = {f"{first + timedelta(days=number):%Y%m%d}" for number in range(30 * 365 + 7)}
    assert max(days) == "20391231"
    found = re.compile(PIECES["date"])
    assert all(found.fullmatch(day) for day in days)
    years = (f"20{year:02}{rest:04}" for year in range(100) for rest in range(1400))
    assert not any(found.fullmatch(text) for text in years if text not in days)


@pytest.mark.parametrize("template", ["a[b", "ab]"])
def test_lone_bracket(template: str) -> None:
    """A bracket without its other half is an error."""
    with pytest.raises(re.error):
        _matches(template, "ab")


def test_pieces_are_bounded() -> None:
    """No piece takes more than fourteen characters."""
    for expression in PIECES.values():
        assert re.fullmatch(expression, "2" * 15) is None

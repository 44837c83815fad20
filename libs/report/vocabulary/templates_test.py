"""The language of the data files."""

import re

import pytest

from report.vocabulary.templates import PIECES, Template

_WORDS = {"codename": ("bookworm", "c++")}


def _matches(template: str, text: str) -> bool:
    return Template(template, _WORDS).matches(text, len(text))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("linux", "linux"),
        ("a.b+(c)", "a.b+(c)"),
        ("{number}", "1234567"),
        ("{release}", "22.04"),
        ("{release}", "1.2.3.4"),
        ("{version}", "1"),
        ("{version}", "1.2.3.4.5.6.7.8"),
        ("{date}", "20241031"),
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
        ("{number}", ""),
        ("{number}", "12345678"),
        ("{number}", "\u0661"),
        ("{release}", "22"),
        ("{release}", "1.2.3.4.5"),
        ("{version}", "1.2.3.4.5.6.7.8.9"),
        ("{date}", "19991231"),
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
    template = Template("v{release}", {})
    assert template.matches("v1.30-acme", 5)
    assert not template.matches("v1.30-acme", 6)


def test_unknown_piece() -> None:
    """A piece that nobody listed is an error and never a text."""
    with pytest.raises(KeyError):
        _matches("{acme}", "acme")


@pytest.mark.parametrize("template", ["a[b", "ab]"])
def test_lone_bracket(template: str) -> None:
    """A bracket without its other half is an error."""
    with pytest.raises(re.error):
        _matches(template, "ab")


def test_pieces_are_bounded() -> None:
    """No piece takes sixteen digits in a row, so that no half of a 128-bit identifier fits one."""
    for expression in PIECES.values():
        assert re.fullmatch(expression, "2" * 16) is None

"""Operating systems and architectures."""

from collections.abc import Callable

import pytest

from report.vocabulary import Recognised, architecture, operating_system

_RECOGNISERS = [operating_system, architecture]


@pytest.mark.parametrize("text", ["Linux", "LINUX", "Windows"])
def test_letter_case(text: str) -> None:
    """An operating system is sent in lower case, however a node writes it, and it is said."""
    value, rule = operating_system(text)
    assert value == text.lower()
    assert rule


def test_known() -> None:
    """A listed word is sent as it is."""
    assert operating_system("linux") == Recognised("linux", None)
    assert architecture("arm64") == Recognised("arm64", None)


@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_absent(recognise: Callable[[str], Recognised]) -> None:
    """What a node does not say is neither sent nor withheld."""
    assert recognise("") == Recognised(None, None)


@pytest.mark.parametrize("recognise", _RECOGNISERS)
@pytest.mark.parametrize("text", ["acme", " ", "linux\n", "AMD64", "x" * 1_000_000])
def test_unknown(recognise: Callable[[str], Recognised], text: str) -> None:
    """Anything else is sent as `other`, with the reason."""
    value, rule = recognise(text)
    assert value == "other"
    assert rule

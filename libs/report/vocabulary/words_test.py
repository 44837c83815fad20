"""Operating systems, architectures and kinds of workloads."""

from collections.abc import Callable

import pytest

from report.vocabulary import (
    Recognised,
    architecture,
    is_known_workload_kind,
    operating_system,
)

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


@pytest.mark.parametrize("name", ["pods", "deployments", "persistentvolumeclaims", "cronjobs"])
def test_public_kind(name: str) -> None:
    """Kinds of the Kubernetes API are public."""
    assert is_known_workload_kind(name)


@pytest.mark.parametrize("name", ["", "Pods", "pod", "pods ", "secrets", "widgets.acme.example"])
def test_other_kind(name: str) -> None:
    """Other kinds, spellings and a user's own kinds are not."""
    assert not is_known_workload_kind(name)

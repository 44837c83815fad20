"""Versions of kernels, Kubernetes and runtimes."""

from collections.abc import Callable

import pytest

from report.vocabulary import (
    Recognised,
    container_runtime_version,
    kernel_version,
    kubernetes_version,
)
from report.vocabulary.recognition import MAX_CHARACTERS

_RECOGNISERS = [kernel_version, kubernetes_version, container_runtime_version]


@pytest.mark.parametrize(
    ("recognise", "text", "value"),
    [
        (kernel_version, "6.8.12-acme-payments-rt", "6.8.12"),
        (kernel_version, "5.15.0-1066-acme", "5.15.0"),
        (kernel_version, "5.15.0-1066-aws-acme", "5.15.0-1066-aws"),
        (kernel_version, "5.15.0-1066-awsacme", "5.15.0"),
        (kernel_version, "5.15.0-12345678-aws", "5.15.0"),
        (kernel_version, "6.1.100+acme", "6.1.100"),
        (kernel_version, "4.18.0-372.el8.x86_64.acme", "4.18.0-372.el8.x86_64"),
        (kernel_version, "5.15.0\n", "5.15.0"),
        (kubernetes_version, "v1.30.2-eks-1552ad0", "v1.30.2-eks"),
        (kubernetes_version, "v1.29.8+632b078", "v1.29.8"),
        (kubernetes_version, "v1.30.2-gke.12345678", "v1.30.2"),
        (kubernetes_version, "v1.30.2-dirty", "v1.30.2"),
        (container_runtime_version, "containerd://1.7.13-acme.3", "containerd://1.7.13"),
        (
            container_runtime_version,
            "cri-o://1.29.9-5.rhaos4.16.git34690b9.el9",
            "cri-o://1.29.9-5.rhaos4.16",
        ),
    ],
)
def test_cut(recognise: Callable[[str], Recognised], text: str, value: str) -> None:
    """A version is cut where it stops being public, in front of a separator, and says so."""
    recognised = recognise(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize("recognise", _RECOGNISERS)
@pytest.mark.parametrize(
    "text",
    ["acme", "12345678.1", "acme://1.7.2", "containerd://acme", "1", "v\u0661.30", " v1.30", "-"],
)
def test_no_version(recognise: Callable[[str], Recognised], text: str) -> None:
    """A text that begins with no public version is left out, with the reason."""
    value, rule = recognise(text)
    assert value is None
    assert rule


@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_absent(recognise: Callable[[str], Recognised]) -> None:
    """What a node does not say is neither sent nor withheld."""
    assert recognise("") == Recognised(None, None)


@pytest.mark.parametrize("filler", ["1.", "-", "v1.30-", "9", "5.15.0-1-generic-"])
@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_hostile_length(recognise: Callable[[str], Recognised], filler: str) -> None:
    """No more than the beginning of a text is looked at: what follows changes nothing."""
    beginning = (filler * MAX_CHARACTERS)[: MAX_CHARACTERS + 1]
    assert recognise(beginning + filler * 100_000) == recognise(beginning + "acme")


def test_length_of_what_is_sent() -> None:
    """A version as long as the limit is sent, and a longer one is cut."""
    long = "5.15.0-1234567.1234567.1234567.1234567.1234567.1234567.1234567.1234567.el8.x86_64"
    assert len(long) <= MAX_CHARACTERS
    assert kernel_version(long) == Recognised(long, None)
    assert kernel_version(long + "-" * MAX_CHARACTERS).value == long


def test_limit_inside_a_word() -> None:
    """A text that goes on behind the limit is not cut at the limit but in front of a separator."""
    release = "1234567.1234567.12345"
    long = f"{release}-{'.'.join(['1234567'] * 8)}.el8.x86_64"
    assert len(long) == MAX_CHARACTERS
    assert kernel_version(long) == Recognised(long, None)
    assert kernel_version(long + "acme").value == release

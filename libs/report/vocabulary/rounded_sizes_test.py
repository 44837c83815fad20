"""Rounding of sizes."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.vocabulary.quantities import rounded_size

UNITS = {"": 0, "Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
SENT = re.compile(r"(?:0|[1-9](?:\.[1-9])?|[1-9][0-9]|[1-9][0-9]0)([KMGTPE]i)?")
"""All that can be sent: a number of two digits, with at most one zero behind them, and a unit."""


def size_of(sent: str) -> Fraction:
    """Return the bytes of a size as it is sent."""
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", sent)
    assert found
    factor: int = 1024 ** UNITS[found[2]]
    return Fraction(found[1]) * factor


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ("15437428Ki", "15Gi"),
        ("16384Mi", "16Gi"),
        ("16Gi", "16Gi"),
        ("65843212Ki", "63Gi"),
        ("3935456Ki", "3.8Gi"),
        ("4Gi", "4Gi"),
        ("527952216Ki", "500Gi"),
        ("1056312340Ki", "1Ti"),
        ("1023.9Mi", "1Gi"),
        ("1024Mi", "1Gi"),
        ("994Mi", "990Mi"),
        ("995Mi", "1Gi"),
        ("9.94Gi", "9.9Gi"),
        ("9.95Gi", "10Gi"),
        ("14.5Gi", "15Gi"),
        ("99.5Gi", "100Gi"),
        ("105Gi", "110Gi"),
        ("1e3", "1Ki"),
        ("1E3", "1Ki"),
        ("1E", "890Pi"),
        ("1e-3", "1"),
        ("0", "0"),
        ("0Gi", "0"),
        (".5Gi", "510Mi"),
        ("500m", "1"),
        ("7", "7"),
        ("512", "510"),
        ("1023", "1Ki"),
        ("1025", "1Ki"),
        ("66571993088", "62Gi"),
        ("128G", "120Gi"),
        ("+4Gi", "4Gi"),
        ("8Ei", "8Ei"),
        ("9999999999999Ei", "8Ei"),
        ("1e9999999999", "8Ei"),
        ("1e-999999999", "1"),
        ("0e9999999999", "0"),
    ],
)
def test_sizes(size: str, sent: str) -> None:
    """A size is sent to two digits of the largest binary unit of which it has one."""
    assert rounded_size(size) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "Gi",
        "4gi",
        "4 Gi",
        "four",
        "4Gi\n",
        "\u0664Gi",
        "1e",
        "-",
        "-4Gi",
        "-0",
        "4Gi-acme",
        "4GiB",
        "4Gik",
        "4xyz",
        "0x10",
        "1_000",
        "9" * 33,
    ],
)
def test_no_size(text: str) -> None:
    """What is not a quantity is an error, and is not quoted."""
    with pytest.raises(ValueError, match=r"^a size must be a Kubernetes quantity$"):
        rounded_size(text)


@given(st.integers(1, 2**63 - 1))
def test_two_digits(size: int) -> None:
    """Whatever the size, what is sent has two significant digits, and is within five percent."""
    sent = rounded_size(str(size))
    assert SENT.fullmatch(sent)
    assert abs(size_of(sent) - size) <= Fraction(size, 20)


@given(st.integers(1, 2**63 - 1))
def test_rounded_once(size: int) -> None:
    """What is rounded stays as it is when it is rounded again."""
    assert rounded_size(rounded_size(str(size))) == rounded_size(str(size))


@given(st.integers(1, 2**62), st.integers(0, 2**62))
def test_order_stays(size: int, more: int) -> None:
    """A larger size is never sent as a smaller one."""
    assert size_of(rounded_size(str(size))) <= size_of(rounded_size(str(size + more)))


def test_how_many_sizes_there_are() -> None:
    """From a megabyte to a petabyte there are fewer than 1,024 sizes: one says under ten bits."""
    sizes = {
        rounded_size(str(1024**power * tenths // 10))
        for power in range(2, 5)
        for tenths in range(10, 10_241)
    }
    assert len(sizes) < 1_024

"""Quantities, and how many digits of one are public."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.vocabulary import is_public_quantity, is_quantity


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "4",
        "15437428Ki",
        "3920m",
        "1.5Gi",
        "1.",
        ".5",
        "1e3",
        "1E-3",
        "-1",
        "+1",
        "95551679124",
    ],
)
def test_quantity(text: str) -> None:
    """Whole and decimal numbers, with any suffix of the grammar, are quantities."""
    assert is_quantity(text)


@pytest.mark.parametrize(
    "text",
    ["", ".", "Ki", "4 Ki", "4\n", "0x10", "\u0664", "4KiB", "4ki", "NaN", "1e", "--1", "1.2.3"],
)
def test_no_quantity(text: str) -> None:
    """Anything else is none."""
    assert not is_quantity(text)


@given(st.text(alphabet="0123456789abcdefEKMGTPi.+-", min_size=16))
def test_long_quantity(text: str) -> None:
    """No sixteen characters are a quantity, so that no half of a 128-bit identifier passes."""
    assert not is_quantity(text)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("0.5", False),
        ("1 Gi", False),
        ("1.8446744073709552e+19", False),
        ("110", True),
        ("153707984Ki", False),
        ("18446744073709551615", False),
        ("1e3", True),
        ("1k", True),
        ("2147483647", True),
        ("3920m", False),
        ("5k", True),
        ("9223372036854775807", False),
        ("\u221e", False),
    ],
)
def test_posted(text: str, *, public: bool) -> None:
    """Of what people have posted, what a device can be counted with is public."""
    assert is_public_quantity("nvidia.com/gpu", text) is public


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("cpu", "0"),
        ("cpu", "4"),
        ("cpu", "9999"),
        ("cpu", "3920m"),
        ("cpu", "1k"),
        ("pods", "110"),
        ("pods", "1k"),
        ("pods", "1e3"),
        ("memory", "0"),
        ("memory", "15Gi"),
        ("memory", "1.5Ti"),
        ("memory", "950Mi"),
        ("storage", "120Gi"),
        ("ephemeral-storage", "1023Mi"),
        ("hugepages-2Mi", "0"),
        ("hugepages-1Gi", "64Gi"),
        ("hugepages-2Mi", "1026Mi"),
        ("nvidia.com/gpu", "8"),
        ("rdma/hca_shared_devices_a", "1k"),
        ("nvidia.com/gpumem", "49140"),
        ("nvidia.com/gpumem", "655360"),
        ("koordinator.sh/gpu-memory", "80Gi"),
        ("hugepages-2Mi", "10250Mi"),
        ("pods", "1M"),
        ("example.com/anything", "99999"),
    ],
)
def test_public(resource: str, text: str) -> None:
    """What a node can have of a resource is public."""
    assert is_public_quantity(resource, text)


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("cpu", "123456789012"),
        ("cpu", "10000"),
        ("cpu", "12345678m"),
        ("cpu", "007"),
        ("cpu", "4711n"),
        ("cpu", "0.5"),
        ("cpu", "-4"),
        ("cpu", "4\n"),
        ("cpu", "15Gi"),
        ("pods", "123456789012"),
        ("pods", "471147"),
        ("pods", "110m"),
        ("pods", "110Ki"),
        ("pods", "1e10"),
        ("memory", "123456789012"),
        ("memory", "15437428Ki"),
        ("memory", "15000m"),
        ("memory", "18446744073709551615"),
        ("hugepages-2Mi", "123456789012"),
        ("hugepages-1Gi", "123456Gi"),
        ("nvidia.com/gpu", "123456789012"),
        ("nvidia.com/gpu", "2147483648"),
        ("nvidia.com/gpu", "1234567"),
        ("pods", "2147483647"),
        ("nvidia.com/gpu", "8Ei"),
        ("nvidia.com/gpu", "8x"),
        ("nvidia.com/gpu", "\u0664"),
    ],
)
def test_too_exact(resource: str, text: str) -> None:
    """More digits than a resource has, other units and other ways to write the same are not."""
    assert not is_public_quantity(resource, text)

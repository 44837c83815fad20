"""Durations: Go's grammar, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line.errors import InvalidValue
from volunteer.durations import in_words, parse_duration

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("+0", 0.0),
        ("-0", 0.0),
        ("0s", 0.0),
        ("24h", 86_400.0),
        ("1h30m", 5_400.0),
        ("1.5h", 5_400.0),
        (".5m", 30.0),
        ("5.s", 5.0),
        ("+5s", 5.0),
        ("1h0.5m", 3_630.0),
        ("2000ms", 2.0),
        ("3000000us", 3.0),
        ("3000000µs", 3.0),
        ("3000000μs", 3.0),
        ("4000000000ns", 4.0),
        ("30m1h", 5_400.0),
    ],
)
def test_accepted(text: str, seconds: float) -> None:
    """What Go's `time.ParseDuration` accepts has Go's meaning."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "3", "s", ".s", ".", "1e3s", "1h 30m", "1h!30m", " 1h", "1h ", "1d", "1w", "1y"),
        *(
            "1mm",
            "1..5h",
            "1,5h",
            "1H",
            "٣h",
            "--1h",
            "1h-30m",
            "h" * 200,
            "999999999h",
            "nan",
            "1",
        ),
    ],
)
def test_refused(text: str) -> None:
    """What Go's `time.ParseDuration` refuses is refused, and so are days and years."""
    with pytest.raises(InvalidValue, match=r"^must be a Go duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["-1ns", "-5m", "-0.5s"])
def test_negative(text: str) -> None:
    """A negative duration is an error, unlike in the original, which looped without a pause."""
    with pytest.raises(InvalidValue, match="must not be negative"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1ns", "999ms", "0.0001s", "0h0m1us"])
def test_tiny(text: str) -> None:
    """A duration that is neither 0 nor a second is an error: it must not become a one-shot."""
    with pytest.raises(InvalidValue, match="must be 0 or at least 1s"):
        parse_duration(text)


@given(
    st.lists(
        st.tuples(st.decimals("0", "999", places=2, allow_nan=False), st.sampled_from([*_UNITS])),
        min_size=1,
        max_size=5,
    )
)
def test_sum_of_parts(parts: list[tuple[object, str]]) -> None:
    """A duration is the sum of its parts."""
    text = "".join(f"{number}{unit}" for number, unit in parts) + "1s"
    expected = sum(float(str(number)) * _UNITS[unit] for number, unit in parts) + 1
    assert parse_duration(text) == pytest.approx(expected, abs=1e-5)


@given(st.integers(1, 10**6))
def test_words_can_be_read_back(seconds: int) -> None:
    """A duration in words has the same length when it is parsed again."""
    assert parse_duration(in_words(seconds)) == pytest.approx(seconds)

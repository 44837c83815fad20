"""The search for leaks finds what it is there to find, and does not see what is not there."""

import base64
import json
from collections.abc import Callable
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Report, encode
from tests.privacy.canaries import Canaries
from tests.privacy.leaks import leaks
from tests.reports import reports

DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "swapped case": str.swapcase,
    "a fragment from the start": lambda canary: canary[: len(canary) * 10 // 16],
    "a fragment from the end": lambda canary: canary[-(len(canary) * 10 // 16) :],
    "within a text": "before {} after".format,
    "URL": lambda canary: quote(f"/{canary}/&"),
    "URL, every byte": lambda canary: "".join(f"%{byte:02X}" for byte in canary.encode()),
    "hex": lambda canary: canary.encode().hex(),
    "hex at an odd offset": lambda canary: f"a{canary.encode().hex()}",
    "base64": lambda canary: base64.b64encode(canary.encode()).decode(),
    "base64, one byte on": lambda canary: base64.b64encode(f".{canary}".encode()).decode(),
    "base64, two bytes on": lambda canary: base64.b64encode(f"..{canary}".encode()).decode(),
    "base64, three characters on": lambda canary: (
        f"abc{base64.b64encode(canary.encode()).decode()}"
    ),
    "base64, URL-safe": lambda canary: base64.urlsafe_b64encode(f"\xff{canary}".encode()).decode(),
    "split by dashes": "-".join,
}

PLACES: tuple[Callable[[str], object], ...] = (
    lambda text: {"a": text},
    lambda text: {text: 1},
    lambda text: [["x", {"b": [text]}]],
)


@pytest.mark.parametrize("disguise", DISGUISES)
@given(seed=st.integers(0, 2**32), place=st.sampled_from(PLACES), ensure_ascii=st.booleans())
def test_disguises(
    *, disguise: str, seed: int, place: Callable[[str], object], ensure_ascii: bool
) -> None:
    """A canary is found in whatever encoding and letter case it is, at whatever place."""
    canaries = Canaries(Random(seed))
    for canary in (canaries.text(), canaries.hexadecimal()):
        document = place(DISGUISES[disguise](canary))
        assert leaks(json.dumps(document, ensure_ascii=ensure_ascii).encode(), canaries.fragments)


@given(seed=st.integers(0, 2**32))
def test_json_escapes(seed: int) -> None:
    """A canary whose every character is a JSON escape is found."""
    canaries = Canaries(Random(seed))
    escaped = "".join(f"\\u{ord(character):04x}" for character in canaries.text())
    assert leaks(f'{{"a":"{escaped}"}}'.encode(), canaries.fragments)


@given(report=reports(), seed=st.integers(0, 2**32))
def test_no_false_alarm(report: Report, seed: int) -> None:
    """In a report without a canary nothing is found."""
    canaries = Canaries(Random(seed))
    canaries.text()
    canaries.hexadecimal()
    assert leaks(encode(report), canaries.fragments) == set()

"""What the fuzzer checks, on generated input, so that it holds before a search begins."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.fuzz.targets import FILE_SEPARATOR, SEEDS, TARGETS

_TEXTS = st.text() | st.sampled_from(["example.com/a", "a", "a/b/c", "\ud800", "\x00", "A.b/c"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=8,
)
_DOCUMENTS = st.dictionaries(_TEXTS, _VALUES).map(lambda value: json.dumps(value).encode())
_PIECES = st.sampled_from(
    [b"[" * 3_000, b"9" * 5_000, b"NaN", b"1e400", b'{"a":1,"a":2}', b'"', b"\\ud800", b"{", b"}"]
)
_BYTES = st.binary() | _DOCUMENTS | st.lists(_DOCUMENTS | _PIECES).map(b"".join)
_LAYOUTS = st.sampled_from([b"0", b"1", b"2", b"3"])


@given(_BYTES)
def test_decode(data: bytes) -> None:
    """Any bytes are a report or one of the package's own errors."""
    TARGETS["decode"](data)


@given(_LAYOUTS, st.lists(_BYTES, max_size=4).map(FILE_SEPARATOR.join))
def test_extensions(layout: bytes, contents: bytes) -> None:
    """Any files in any layout are extensions that a report may hold, or problems of one line."""
    TARGETS["extensions"](layout + contents)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """Every target has inputs to begin with, and they pass it."""
    assert SEEDS[name]
    for seed in SEEDS[name]:
        TARGETS[name](seed)

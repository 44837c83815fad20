"""Continue tokens survive the way to the client and back; other texts are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.simulator.continue_tokens import ContinueToken, MalformedToken


@given(revision=st.integers(0, 2**63), offset=st.integers(0, 2**31))
def test_round_trip(revision: int, offset: int) -> None:
    """A token decodes to what was encoded."""
    token = ContinueToken(revision=revision, offset=offset)
    assert ContinueToken.decode(token.encode()) == token


@given(text=st.text(max_size=40))
def test_garbage(text: str) -> None:
    """A text that no server gave out is refused as malformed."""
    with pytest.raises(MalformedToken):
        ContinueToken.decode(text)


def test_negative_offset() -> None:
    """A token that begins before the first object is malformed."""
    with pytest.raises(MalformedToken, match="before the first"):
        ContinueToken.decode(ContinueToken(revision=1, offset=-1).encode())

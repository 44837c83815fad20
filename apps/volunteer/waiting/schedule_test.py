"""When reports are due."""

from hypothesis import given
from hypothesis import strategies as st

from volunteer.testing import seeded
from volunteer.waiting.schedule import Schedule, starting

_SECONDS = st.floats(0, 1e9, allow_nan=False)


@given(_SECONDS, st.floats(1, 1e6), _SECONDS)
def test_latest(first: float, period: float, passed: float) -> None:
    """The latest due time lies on the grid, not after now and less than a period before."""
    now = first + passed
    latest = Schedule(first, period).latest(now)
    assert latest <= now + 1e-3
    assert now - latest < period + 1e-3


def test_before_the_first() -> None:
    """Before the first due time the latest is the first."""
    assert Schedule(first=100.0, period=10.0).latest(5.0) == 100.0


@given(st.floats(0, 3600), st.integers())
def test_jitter(jitter: float, seed: int) -> None:
    """The first report waits between nothing and the jitter."""
    schedule = starting(50.0, period=10.0, jitter=jitter, random=seeded(seed))
    assert 50.0 <= schedule.first <= 50.0 + jitter


def test_jitter_differs() -> None:
    """Two volunteers that start together do not report together."""
    firsts = {
        starting(0.0, period=60.0, jitter=60.0, random=seeded(seed)).first for seed in range(20)
    }
    assert len(firsts) == 20

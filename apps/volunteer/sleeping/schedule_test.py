"""When reports are due."""

from hypothesis import given
from hypothesis import strategies as st

from volunteer.sleeping.schedule import WakeUp, after_failure, first_wake_up, next_due
from volunteer.testing import seeded

_SECONDS = st.floats(0, 1e9, allow_nan=False)
_SHORT = st.floats(1, 3600)
_DAY = 86_400.0


@given(_SECONDS, _SHORT, st.floats(0, 1e6), st.integers())
def test_short_periods(first: float, period: float, passed: float, seed: int) -> None:
    """Up to an hour the next report is due on the grid, after now and a period later at most."""
    now = first + passed
    due = next_due(WakeUp(first), now, period=period, random=seeded(seed))
    assert now - 1e-3 <= due <= now + period + 1e-3
    steps = (due - first) / period
    assert abs(steps - round(steps)) < 1e-3


@given(_SECONDS, st.floats(3601, 1e6), _SECONDS, st.integers())
def test_long_periods(first: float, period: float, passed: float, seed: int) -> None:
    """Beyond an hour it comes half a period later at least, and one and a half at most."""
    now = first + passed
    gap = next_due(WakeUp(first), now, period=period, random=seeded(seed)) - now
    assert period * 0.5 - 1e-3 <= gap <= period * 1.5 + 1e-3


def test_hour_is_not_kept() -> None:
    """Whatever the hour of a report, the next one comes at each hour of the day as often."""
    random = seeded(1)
    hours = [0] * 24
    for _ in range(24_000):
        due = next_due(WakeUp(13 * 3600.0), 13 * 3600.0, period=_DAY, random=random)
        hours[int(due % _DAY // 3600)] += 1
    assert 850 < min(hours) <= max(hours) < 1150


def test_mean_of_long_periods() -> None:
    """There are as many reports as the period says."""
    random = seeded(2)
    wake_up = WakeUp(0.0)
    for _ in range(10_000):
        wake_up = WakeUp(next_due(wake_up, wake_up.at, period=_DAY, random=random))
    assert 0.98 < wake_up.at / (10_000 * _DAY) < 1.02


def test_fleet() -> None:
    """Clusters that began together are spread over the day after one report."""
    dues = [next_due(WakeUp(0.0), 0.0, period=_DAY, random=seeded(seed)) for seed in range(1000)]
    quarters = [sum(1 for due in dues if due % _DAY // (_DAY / 4) == part) for part in range(4)]
    assert min(quarters) > 200


@given(st.floats(0, 3600), st.integers())
def test_jitter(jitter: float, seed: int) -> None:
    """The first report waits between nothing and the jitter."""
    wake_up = first_wake_up(50.0, jitter=jitter, random=seeded(seed))
    assert 50.0 <= wake_up.at <= 50.0 + jitter
    assert wake_up.next_due is None


def test_jitter_differs() -> None:
    """Two volunteers that start together do not report together."""
    firsts = {first_wake_up(0.0, jitter=60.0, random=seeded(seed)).at for seed in range(20)}
    assert len(firsts) == 20


def test_after_failure() -> None:
    """A report that failed is tried again within the hour, and the next stays due when it was."""
    again = after_failure(1_000.0, due=_DAY, random=seeded(1))
    assert 1_000.0 + 15 * 60 <= again.at <= 1_000.0 + 45 * 60
    assert again.next_due == _DAY
    assert next_due(again, again.at, period=_DAY, random=seeded(2)) == _DAY


def test_after_failure_before_the_next() -> None:
    """Where the next report is due before that, it is what comes next."""
    assert after_failure(1_000.0, due=1_100.0, random=seeded(1)) == WakeUp(1_100.0)
    assert after_failure(1_000.0, due=900.0, random=seeded(1)) == WakeUp(900.0)


def test_slept_over_the_next() -> None:
    """Who slept over the next due time as well makes one report, and then waits a period again."""
    gap = next_due(WakeUp(900.0, 2_000.0), 500_000.0, period=_DAY, random=seeded(1)) - 500_000.0
    assert _DAY / 2 <= gap <= _DAY * 1.5

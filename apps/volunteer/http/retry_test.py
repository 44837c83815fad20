"""Trying again."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from volunteer.http.retry import RetryPolicy, TryAgain, retry
from volunteer.testing import AlwaysLongest, JumpingClock, seeded


def _run(
    outcomes: list[str | TryAgain[str]],
    clock: JumpingClock,
    *,
    random: Random | None = None,
    seconds: float = 1e9,
    attempts: int | None = None,
    longest_backoff: float = 300.0,
) -> tuple[str | TryAgain[str], list[tuple[str, float]]]:
    announced: list[tuple[str, float]] = []
    remaining = iter(outcomes)

    def attempt() -> str | TryAgain[str]:
        return next(remaining)

    outcome: str | TryAgain[str] = retry(
        attempt,
        policy=RetryPolicy(clock.time + seconds, longest_backoff, attempts),
        clock=clock.clock,
        random=random or AlwaysLongest(),
        announce=lambda why, wait: announced.append((why, wait)),
    )
    return outcome, announced


def test_first_success() -> None:
    """What succeeds at once is not repeated and not waited for."""
    clock = JumpingClock()
    assert _run(["done"], clock) == ("done", [])
    assert clock.sleeps == []


def test_doubling() -> None:
    """The bound of the backoff doubles from one second up to its longest."""
    clock = JumpingClock()
    failures: list[str | TryAgain[str]] = [TryAgain("no")] * 11
    outcome, _ = _run([*failures, "done"], clock)
    assert outcome == "done"
    assert clock.sleeps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(st.integers())
def test_full_jitter(seed: int) -> None:
    """Each wait is anything between nothing and its bound."""
    clock = JumpingClock()
    _run([TryAgain("no"), TryAgain("no"), TryAgain("no"), "done"], clock, random=seeded(seed))
    assert all(0 <= sleep <= bound for sleep, bound in zip(clock.sleeps, [1, 2, 4], strict=True))


def test_retry_after() -> None:
    """The server's `Retry-After` is waited for in full, and jitter comes on top."""
    clock = JumpingClock()
    _run([TryAgain("no", 120.0), "done"], clock)
    assert clock.sleeps == [121.0]


def test_deadline() -> None:
    """No attempt starts at or after the deadline, and the last failure is returned."""
    clock = JumpingClock(now=0.0)
    failures: list[str | TryAgain[str]] = [TryAgain(str(number)) for number in range(9)]
    outcome, _ = _run(failures, clock, seconds=7.0)
    assert outcome == TryAgain("2")
    assert clock.sleeps == [1, 2]


def test_retry_after_beyond_the_deadline() -> None:
    """A server that asks for more time than there is ends the attempts at once."""
    clock = JumpingClock()
    assert _run([TryAgain("busy", 100.0)], clock, seconds=60.0) == (TryAgain("busy", 100.0), [])


def test_attempts() -> None:
    """The number of attempts can be limited."""
    clock = JumpingClock()
    outcome, announced = _run([TryAgain("a"), TryAgain("b"), "late"], clock, attempts=2)
    assert outcome == TryAgain("b")
    assert announced == [("a", 1.0)]


def test_hundreds_of_attempts() -> None:
    """RetryPolicy without a near end does not overflow."""
    clock = JumpingClock()
    failures: list[str | TryAgain[str]] = [TryAgain("no")] * 2_000
    assert _run([*failures, "done"], clock)[0] == "done"

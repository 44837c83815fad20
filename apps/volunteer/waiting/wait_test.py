"""The wait between two reports."""

import pytest

from volunteer.clock import Clock, system_clock
from volunteer.testing import JumpingClock
from volunteer.waiting.wait import wait_until


def test_waits_until_due() -> None:
    """It returns when the clock has reached the due time."""
    clock = JumpingClock(now=0.0)
    wait_until(150.0, clock.clock)
    assert clock.time == 150.0


def test_sleeps_in_pieces() -> None:
    """It looks at the clock every minute, because sleep stands still while a machine does."""
    clock = JumpingClock(now=0.0)
    wait_until(150.0, clock.clock)
    assert clock.sleeps == [60.0, 60.0, 30.0]


def test_suspended_machine() -> None:
    """Time that passed in suspension counts."""
    times = iter([0.0, 10_000.0])
    sleeps: list[float] = []
    wait_until(500.0, Clock(now=lambda: next(times), unix_time=lambda: 0.0, sleep=sleeps.append))
    assert sleeps == [60.0]


def test_past_due_time() -> None:
    """A due time that has passed is not waited for."""
    clock = JumpingClock(now=100.0)
    wait_until(50.0, clock.clock)
    assert clock.sleeps == []


def test_real_clock() -> None:
    """The system's clock goes on by at least what was slept."""
    clock = system_clock()
    due = clock.now() + 0.02
    wait_until(due, clock)
    assert due <= clock.now() == pytest.approx(due, abs=5.0)

"""Work under a deadline."""

import threading

import pytest

from volunteer.http.deadline import DeadlinePassed, within


def test_in_time() -> None:
    """What is done in time is returned."""
    assert within(10.0, lambda: 7) == 7


def test_error() -> None:
    """What the work raises is raised, an end of the process too."""

    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(ZeroDivisionError):
        within(10.0, lambda: 1 // 0)
    with pytest.raises(SystemExit):
        within(10.0, leave)


@pytest.mark.parametrize("seconds", [0.05, 0.0, -1.0])
def test_late(seconds: float) -> None:
    """Work that is not done in time is left to itself."""
    done = threading.Event()
    try:
        with pytest.raises(DeadlinePassed):
            within(seconds, done.wait)
    finally:
        done.set()

"""Behaviour of `collector.spool.backlog`."""

from hypothesis import given
from hypothesis import strategies as st

from collector.spool.backlog import Backlog, BacklogMeter


class _Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_waits_at_first() -> None:
    """An empty backlog has no age."""
    assert BacklogMeter(_Clock()).reading() == Backlog(0, 0, 0.0)


def test_the_oldest_row_has_an_age() -> None:
    """The age is that of the oldest row that waits, and grows."""
    clock = _Clock()
    meter = BacklogMeter(clock)
    meter.add(reports=2, size_bytes=20, last_id=2)
    clock.now = 5
    meter.add(reports=1, size_bytes=7, last_id=3)
    clock.now = 10
    assert meter.reading() == Backlog(3, 27, 10.0)
    meter.remove(reports=2, size_bytes=20, through=2)
    assert meter.reading() == Backlog(1, 7, 5.0)
    meter.remove(reports=1, size_bytes=7, through=3)
    assert meter.reading() == Backlog(0, 0, 0.0)


@given(st.lists(st.floats(min_value=0.5, max_value=100), min_size=1, max_size=3_000), st.data())
def test_ages_stay_near_the_truth_in_bounded_memory(
    pauses: list[float], data: st.DataObject
) -> None:
    """However many rows arrive over however long, the oldest is never said to be younger."""
    clock = _Clock()
    meter = BacklogMeter(clock)
    arrived: list[float] = []
    for row_id, pause in enumerate(pauses, start=1):
        clock.now += pause
        arrived.append(clock.now)
        meter.add(reports=1, size_bytes=1, last_id=row_id)
    through = data.draw(st.integers(min_value=0, max_value=len(pauses) - 1))
    meter.remove(reports=through, size_bytes=through, through=through)
    age = clock.now - arrived[through]
    total = clock.now - arrived[0]
    assert age <= meter.reading().oldest_seconds <= age + max(1.0, total / 64)

"""Who waited longest, and who has waited too long."""

from hypothesis import given
from hypothesis import strategies as st

from collector.http.wait_queue import WaitQueue


def test_the_first_is_the_one_that_began_first() -> None:
    """The longest waiting is first, until it is discarded."""
    queue: WaitQueue[str] = WaitQueue(10)
    assert queue.first() is None
    assert queue.deadline() is None
    queue.add("a", 1)
    queue.add("b", 2)
    assert (queue.first(), queue.deadline(), queue.members()) == ((1, "a"), 11, ["a", "b"])
    queue.discard("a")
    assert queue.first() == (2, "b")


def test_discarding_a_stranger_does_nothing() -> None:
    """Whoever does not wait may be discarded."""
    queue: WaitQueue[str] = WaitQueue(10)
    queue.discard("a")
    assert len(queue) == 0


@given(
    pauses=st.lists(st.floats(0, 10), max_size=20),
    later=st.floats(0, 300),
    seconds=st.floats(0, 99),
)
def test_exactly_those_whose_time_is_up_expire(
    pauses: list[float], later: float, seconds: float
) -> None:
    """Members expire in order once their time is up, and no others do."""
    queue: WaitQueue[int] = WaitQueue(seconds)
    since: list[float] = []
    now = 0.0
    for number, pause in enumerate(pauses):
        now += pause
        since.append(now)
        queue.add(number, now)
    expected = [number for number, began in enumerate(since) if began + seconds <= later]
    assert queue.take_expired(later) == expected
    assert queue.members() == list(range(len(expected), len(pauses)))

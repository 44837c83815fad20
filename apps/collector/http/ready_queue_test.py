"""Behaviour of `collector.http.ready_queue`."""

from hypothesis import given
from hypothesis import strategies as st

from collector.http.ready_queue import ReadyQueue


def queue_of(*costs: int) -> ReadyQueue[int]:
    queue: ReadyQueue[int] = ReadyQueue()
    for member, cost in enumerate(costs):
        queue.add(member, cost)
    return queue


def test_as_many_are_taken_as_cost_so_much_at_most() -> None:
    """The next one waits, though one behind it would fit, and what is left is told."""
    queue = queue_of(40, 60, 30, 80, 10)
    taken = [queue.take(100) for _ in range(4)]
    assert taken == [([0, 1], 0), ([2], 70), ([3, 4], 10), ([], 100)]


def test_one_is_always_taken() -> None:
    """What costs more than all that is allowed is taken alone, and leaves less than nothing."""
    queue = queue_of(500, 1)
    assert [queue.take(100) for _ in range(2)] == [([0], -400), ([1], 99)]


@given(costs=st.lists(st.integers(0, 300)), most_bytes=st.integers(-100, 200))
def test_everybody_is_taken_once_and_in_order(costs: list[int], most_bytes: int) -> None:
    """Nobody is passed over, and nobody is taken twice."""
    queue = queue_of(*costs)
    taken: list[int] = []
    while len(queue):
        taken += queue.take(most_bytes)[0]
    assert taken == list(range(len(costs)))

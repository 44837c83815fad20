"""Behaviour of `collector.server.ready_queue`."""

from hypothesis import given
from hypothesis import strategies as st

from collector.server.ready_queue import ReadyQueue


def queue_of(*costs: int, tick_bytes: int) -> ReadyQueue[int]:
    queue: ReadyQueue[int] = ReadyQueue(tick_bytes)
    for member, cost in enumerate(costs):
        queue.add(member, cost)
    return queue


def test_as_many_are_taken_as_may_cost_what_a_tick_may() -> None:
    """The next one waits for the next tick, though one behind it would fit."""
    queue = queue_of(40, 60, 30, 80, 10, tick_bytes=100)
    assert [queue.take() for _ in range(4)] == [[0, 1], [2], [3, 4], []]


def test_one_is_always_taken() -> None:
    """What costs more than a tick may is taken alone."""
    queue = queue_of(500, 1, tick_bytes=100)
    assert [queue.take() for _ in range(2)] == [[0], [1]]


@given(costs=st.lists(st.integers(0, 300)), tick_bytes=st.integers(0, 200))
def test_everybody_is_taken_once_and_in_order(costs: list[int], tick_bytes: int) -> None:
    """Nobody is passed over, and nobody is taken twice."""
    queue = queue_of(*costs, tick_bytes=tick_bytes)
    taken: list[int] = []
    while len(queue):
        taken += queue.take()
    assert taken == list(range(len(costs)))

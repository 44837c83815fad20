"""What large bodies may hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.http.body_memory import BodyMemory, BodyMemoryFull


def test_small_bodies_are_not_counted() -> None:
    """Bodies up to the threshold always have room."""
    memory: BodyMemory[int] = BodyMemory(large_body_bytes=10, limit_bytes=20)
    for holder in range(100):
        memory.hold(holder, 10)
        assert not memory.is_large(holder)


def test_a_body_without_room_counts_no_more() -> None:
    """A body that would go over the limit is let go, and its room is free again."""
    memory: BodyMemory[str] = BodyMemory(large_body_bytes=0, limit_bytes=20)
    memory.hold("a", 15)
    memory.hold("b", 5)
    with pytest.raises(BodyMemoryFull):
        memory.hold("b", 6)
    assert not memory.is_large("b")
    memory.hold("a", 20)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=50))
def test_the_limit_is_never_exceeded(steps: list[tuple[int, int]]) -> None:
    """Whatever bodies grow and end, what is held together stays within the limit."""
    memory: BodyMemory[int] = BodyMemory(large_body_bytes=10, limit_bytes=100)
    held: dict[int, int] = {}
    for holder, growth in steps:
        if growth == 0:
            memory.release(holder)
            held.pop(holder, None)
            continue
        size = held.get(holder, 0) + growth
        others = sum(other for name, other in held.items() if name != holder)
        if size > 10 and others + size > 100:
            with pytest.raises(BodyMemoryFull):
                memory.hold(holder, size)
            held.pop(holder, None)
        else:
            memory.hold(holder, size)
            if size > 10:
                held[holder] = size
        assert sum(held.values()) <= 100

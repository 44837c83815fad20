"""Behaviour of `collector.http.queues`."""

from hypothesis import given
from hypothesis import strategies as st

from collector.http.queues import (
    BYTES_PER_TICK,
    SMALL_BYTES,
    STALLED_SECONDS,
    STEP_BYTES,
    BodyMemory,
    Incident,
    ReadyQueue,
    WaitQueue,
)


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
    assert queue.members() == []


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


def test_small_requests_are_taken_first() -> None:
    """Then those of a middling cost, as far as there is something left for them in the tick."""
    queue: ReadyQueue[str] = ReadyQueue(large_bytes=BYTES_PER_TICK)
    rest = BYTES_PER_TICK - SMALL_BYTES
    for member, cost in (("a", rest), ("b", rest), ("c", SMALL_BYTES), ("d", SMALL_BYTES + 1)):
        queue.add(member, cost)
    assert [queue.take() for _ in range(4)] == [["c", "a"], ["b"], ["d"], []]


def test_large_requests_are_taken_alone() -> None:
    """One at a time, apart from all others."""
    queue: ReadyQueue[str] = ReadyQueue(large_bytes=100)
    for member, cost in (("a", 101), ("b", 5_000), ("c", 100)):
        queue.add(member, cost)
    assert queue.take() == ["c"]
    assert [queue.take_large() for _ in range(3)] == [["a"], ["b"], []]
    assert not queue


@given(costs=st.lists(st.integers(0, 2 * BYTES_PER_TICK)), large_bytes=st.integers(0))
def test_every_request_is_taken_once(costs: list[int], large_bytes: int) -> None:
    """None is passed over, none is taken twice, and those of a kind are taken in their order."""
    queue: ReadyQueue[int] = ReadyQueue(large_bytes)
    for member, cost in enumerate(costs):
        queue.add(member, cost)
    taken: list[int] = []
    while queue:
        tick = queue.take()
        first_of_each_kind = 2 * BYTES_PER_TICK
        assert sum(costs[member] for member in tick) <= BYTES_PER_TICK + first_of_each_kind
        taken += tick + queue.take_large()
    assert sorted(taken) == list(range(len(costs)))
    for kind in (_is_small, _is_medium):
        ordered = [each for each in taken if costs[each] <= large_bytes and kind(costs[each])]
        assert ordered == sorted(ordered)
    large = [each for each in taken if costs[each] > large_bytes]
    assert large == sorted(large)


def _is_small(cost: int) -> bool:
    return cost <= SMALL_BYTES


def _is_medium(cost: int) -> bool:
    return cost > SMALL_BYTES


def test_small_bodies_are_not_counted() -> None:
    """Bodies up to the threshold always have room."""
    memory: BodyMemory[int] = BodyMemory(large_body_bytes=10, limit_bytes=20)
    for holder in range(100):
        assert memory.hold(holder, 10, now=0)
    assert memory.hold(100, 20, now=0)


def test_a_body_without_room_counts_no_more() -> None:
    """A body that would go over the limit is let go, and its room is free again."""
    memory: BodyMemory[str] = BodyMemory(large_body_bytes=0, limit_bytes=20)
    assert memory.hold("a", 15, now=0)
    assert memory.hold("b", 5, now=0)
    assert not memory.hold("b", 6, now=0)
    assert memory.hold("a", 20, now=0)


def test_a_body_has_stalled_a_second_after_its_last_step() -> None:
    """It is the one whose step is longest ago, except who asks and what is whole."""
    memory: BodyMemory[str] = BodyMemory(large_body_bytes=0, limit_bytes=10 * STEP_BYTES)
    for now, holder, size in ((0.0, "a", 1), (0.5, "b", 1), (1.0, "a", STEP_BYTES)):
        assert memory.hold(holder, size, now)
    late = 0.5 + STALLED_SECONDS
    assert memory.stalled(late, except_for="c") == "a"
    assert memory.stalled(late, except_for="a") == "b"
    assert memory.hold("a", 1 + STEP_BYTES, late)
    assert memory.stalled(late, except_for="c") == "b"
    memory.finish("b")
    assert memory.stalled(late, except_for="c") is None


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
            assert not memory.hold(holder, size, now=0)
            held.pop(holder, None)
        else:
            assert memory.hold(holder, size, now=0)
            if size > 10:
                held[holder] = size
        assert sum(held.values()) <= 100


def test_an_incident_begins_once() -> None:
    """However often something happens, only the first time is news."""
    incident = Incident(10)
    assert [incident.happens(now) for now in (0, 1, 9, 18)] == [True, False, False, False]


def test_an_incident_ends_when_it_has_been_quiet() -> None:
    """It is over after so many seconds without, and says once how often it happened."""
    incident = Incident(10)
    for now in (0, 1, 2, 5):
        incident.happens(now)
    assert [incident.take_ended(now) for now in (5, 14, 15, 16)] == [0, 0, 4, 0]


def test_another_incident_begins_again() -> None:
    """What happens after the end is a new incident."""
    incident = Incident(10)
    incident.happens(0)
    incident.take_ended(10)
    assert incident.happens(11)
    assert incident.take_ended(21) == 1


def test_without_anything_nothing_ends() -> None:
    """An incident that never began has no end."""
    assert Incident(10).take_ended(1_000) == 0

"""Behaviour of `collector.drain.channel`, over a real socket."""

import socket
import threading
from collections.abc import Iterator

import pytest

from collector.drain.channel import SocketChannel
from collector.drain.loop import Signal
from collector.drain.messages import Emptied, Order, decode_message

LONG = 60.0


class Ends:
    """Both ends of a line, and whether the drain was found to be an orphan."""

    def __init__(self) -> None:
        self.collector, line = socket.socketpair()
        self.orphaned = threading.Event()
        self.channel = SocketChannel(line, orphaned=self.orphaned.set)
        self.channel.listen()


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    both.channel.close()
    both.collector.close()


def test_an_order_to_wake_ends_the_wait_once(ends: Ends) -> None:
    """Any number of orders to wake is one piece of news."""
    ends.collector.sendall(Order.WAKE.value * 3)
    assert ends.channel.wait_for_work(LONG) is Signal.GO_ON
    ends.collector.sendall(Order.FINISH.value)
    assert ends.channel.wait_for_work(LONG) is Signal.FINISH


def test_an_order_to_wake_does_not_end_a_rest(ends: Ends) -> None:
    """A rest lasts its time while rows are committed."""
    ends.collector.sendall(Order.WAKE.value)
    assert ends.channel.rest(0.05) is Signal.GO_ON


def test_an_order_to_finish_ends_a_rest_and_stays(ends: Ends) -> None:
    """A rest under way is cut short; later ones last, and the order is not forgotten."""
    threading.Timer(0.05, ends.collector.sendall, [Order.FINISH.value]).start()
    assert ends.channel.rest(LONG) is Signal.FINISH
    assert ends.channel.rest(0.01) is Signal.FINISH
    assert ends.channel.wait_for_work(LONG) is Signal.FINISH


def test_the_end_of_the_collector_is_seen(ends: Ends) -> None:
    """A closed line ends every wait."""
    ends.collector.close()
    assert ends.channel.wait_for_work(LONG) is Signal.GONE
    assert ends.channel.rest(LONG) is Signal.GONE


def test_a_drain_that_does_not_end_by_itself_is_an_orphan(ends: Ends) -> None:
    """A drain that a database keeps busy is ended a moment after its collector."""
    ends.collector.close()
    assert ends.orphaned.wait(LONG)


def test_messages_are_lines(ends: Ends) -> None:
    """What is told arrives as a line that can be read."""
    ends.channel.tell(Emptied())
    with ends.collector.makefile("rb") as lines:
        assert decode_message(lines.readline()) == Emptied()


def test_telling_nobody_does_nothing(ends: Ends) -> None:
    """A message to a collector that is gone is lost quietly."""
    ends.collector.close()
    for _ in range(2):
        ends.channel.tell(Emptied())
    assert ends.channel.rest(LONG) is Signal.GONE

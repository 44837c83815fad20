"""Behaviour of `collector.drain.channel`, over a real socket."""

import socket
import threading
from collections.abc import Iterator

import pytest

from collector.drain.channel import (
    CommandSender,
    Directive,
    SocketChannel,
    commands_from,
    encode,
    messages_from,
)
from collector.drain.messages import Emptied, Finish, Unusable, Wake

LONG = 60.0


class Ends:
    """Both ends of a connection, and whether the drain was found to be an orphan."""

    def __init__(self) -> None:
        self.collector, connection = socket.socketpair()
        self.orphaned = threading.Event()
        self.channel = SocketChannel(connection, on_orphaned=self.orphaned.set)
        self.channel.listen()


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    both.channel.close()
    both.collector.close()


def test_a_command_to_wake_ends_the_wait_once(ends: Ends) -> None:
    """Any number of commands to wake ends one wait."""
    ends.collector.sendall(encode(Wake()) * 3)
    assert ends.channel.wait_for_work(LONG) is Directive.CONTINUE
    ends.collector.sendall(encode(Finish()))
    assert ends.channel.wait_for_work(LONG) is Directive.FINISH


def test_a_command_to_wake_does_not_end_a_pause(ends: Ends) -> None:
    """A pause lasts its time, though rows are committed."""
    ends.collector.sendall(encode(Wake()))
    assert ends.channel.pause(0.05) is Directive.CONTINUE


def test_a_command_to_finish_ends_a_pause_and_stays(ends: Ends) -> None:
    """A pause under way is cut short; later ones last, and the command is not forgotten."""
    threading.Timer(0.05, ends.collector.sendall, [encode(Finish())]).start()
    assert ends.channel.pause(LONG) is Directive.FINISH
    assert ends.channel.pause(0.01) is Directive.FINISH
    assert ends.channel.wait_for_work(LONG) is Directive.FINISH


def test_the_exit_of_the_collector_is_seen(ends: Ends) -> None:
    """A closed connection ends every wait."""
    ends.collector.close()
    assert ends.channel.wait_for_work(LONG) is Directive.STOP
    assert ends.channel.pause(LONG) is Directive.STOP


def test_a_drain_that_does_not_exit_by_itself_is_an_orphan(ends: Ends) -> None:
    """A drain that a warehouse keeps busy exits a moment after its collector."""
    ends.collector.close()
    assert ends.orphaned.wait(LONG)


def test_messages_are_lines(ends: Ends) -> None:
    """What is sent arrives as a line that can be decoded."""
    ends.channel.send(Emptied())
    assert next(messages_from(ends.collector)) == Emptied()


def test_sending_to_nobody_does_nothing(ends: Ends) -> None:
    """A message to a collector that is gone is lost, without an error."""
    ends.collector.close()
    for _ in range(2):
        ends.channel.send(Emptied())
    assert ends.channel.pause(LONG) is Directive.STOP


def test_a_command_of_another_version_is_one_clear_error(ends: Ends) -> None:
    """A drain that does not understand its collector says so, and stops."""
    ends.collector.sendall(b'{"type":"rewind"}\n')
    assert ends.channel.wait_for_work(LONG) is Directive.STOP
    assert next(messages_from(ends.collector)) == Unusable(
        "the drain is of another version than the collector; restart the collector"
    )


def test_commands_to_a_drain_that_does_not_read_neither_wait_nor_break() -> None:
    """A full connection takes no more commands, and holds only whole ones."""
    ours, its = socket.socketpair()
    commands = CommandSender()
    commands.connect(ours)
    for _ in range(20_000):
        commands.wake()
    with pytest.raises(BlockingIOError):
        ours.send(b"?", socket.MSG_DONTWAIT)
    ours.close()
    with its:
        received = list(commands_from(its))
    assert received == [Wake()] * len(received)
    assert 0 < len(received) < 20_000


def test_commands_to_no_drain_are_dropped() -> None:
    """Between two drains there is nobody to send to, and a closed connection takes nothing."""
    ours, its = socket.socketpair()
    commands = CommandSender()
    commands.connect(ours)
    ours.close()
    commands.wake()
    commands.connect(None)
    commands.wake()
    with its:
        assert list(commands_from(its)) == []

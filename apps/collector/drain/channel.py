"""The connection between the collector and its drain: both ends, and what is sent as bytes.

They share a stream socket. Both send lines of JSON: the collector commands, the drain messages.
A process that finds the connection closed knows that the other is gone
(docs/decisions/0024-one-codec-between-processes.md).
"""

import enum
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from collector.drain.messages import (
    Command,
    DrainSettings,
    Finish,
    Message,
    ReleaseSettings,
    Unusable,
    Wake,
)
from collector.errors import DrainFailed

_OTHER_VERSION: Final = "the drain is of another version than the collector; restart the collector"
_ORPHAN_SECONDS: Final = 2.0
_Line = TypeVar("_Line")

_ENCODER: Final = msgspec.json.Encoder()
_COMMANDS: Final = msgspec.json.Decoder(Command)
_MESSAGES: Final = msgspec.json.Decoder(Message)
_SETTINGS: Final = msgspec.json.Decoder(DrainSettings)
_RELEASE_SETTINGS: Final = msgspec.json.Decoder(ReleaseSettings)


def encode(sent: Command | Message | DrainSettings | ReleaseSettings) -> bytes:
    """Return what is sent as one line."""
    return _ENCODER.encode(sent) + b"\n"


def commands_from(connection: socket.socket) -> Iterator[Command]:
    """Return the commands that arrive until the connection is closed. Raises `DrainFailed`."""
    return _received(connection, _COMMANDS)


def messages_from(connection: socket.socket) -> Iterator[Message]:
    """Return the messages that arrive until the connection is closed. Raises `DrainFailed`."""
    return _received(connection, _MESSAGES)


def decode_settings(text: str) -> DrainSettings:
    """Return the settings of a drain. Raises `DrainFailed`."""
    return _decode(text, _SETTINGS)


def decode_release_settings(text: str) -> ReleaseSettings:
    """Return the settings of making releases. Raises `DrainFailed`."""
    return _decode(text, _RELEASE_SETTINGS)


def decode_message(line: bytes) -> Message:
    """Return the message in a line. Raises `DrainFailed`."""
    message: Message = _decode(line, _MESSAGES)
    return message


def _received(connection: socket.socket, decoder: "msgspec.json.Decoder[_Line]") -> Iterator[_Line]:
    with connection.makefile("rb") as lines, suppress(OSError):
        for line in lines:
            yield _decode(line, decoder)


def _decode(line: bytes | str, decoder: "msgspec.json.Decoder[_Line]") -> _Line:
    try:
        return decoder.decode(line)
    except msgspec.DecodeError as error:
        raise DrainFailed(_OTHER_VERSION) from error


class Directive(enum.Enum):
    """What the drain is to do. The last two are never taken back."""

    CONTINUE = enum.auto()
    FINISH = enum.auto()
    """Empty the spool, then exit."""

    STOP = enum.auto()
    """Exit: the collector is gone."""


class CommandSender:
    """The collector's end: commands go to the drain that runs, if one does, and never wait."""

    def __init__(self) -> None:
        self._connection: socket.socket | None = None

    def connect(self, connection: socket.socket | None) -> None:
        """Send to this drain from now on, or with None to none."""
        self._connection = connection

    def wake(self) -> None:
        """Let the drain know that rows were committed."""
        self.send(Wake())

    def send(self, command: Command) -> None:
        """Send a command.

        A full connection is full of commands to wake, and nobody listens at a closed one.
        """
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.send(encode(command), socket.MSG_DONTWAIT)


class SocketChannel:
    """The drain's end: a `collector.drain.loop.Channel` over a connected stream socket.

    A thread receives, so that the exit of the collector ends this process even while a warehouse
    keeps it busy.
    """

    def __init__(self, connection: socket.socket, *, on_orphaned: Callable[[], None]) -> None:
        """`on_orphaned` is called when the collector is gone and the drain does not exit."""
        self._connection: Final = connection
        self._on_orphaned: Final = on_orphaned
        self._changed: Final = threading.Condition()
        self._sending: Final = threading.Lock()  # two threads send, and a line stays whole
        self._woken = False
        self._directive = Directive.CONTINUE
        self._closed: Final = threading.Event()

    def listen(self) -> None:
        """Begin to receive commands. The thread does not keep the process alive."""
        threading.Thread(target=self._receive, name="commands", daemon=True).start()

    def wait_for_work(self, at_most: float) -> Directive:
        """Wait for `at_most` seconds, or until rows were committed, or to finish or to stop."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._woken or self._directive is not Directive.CONTINUE, timeout=at_most
            )
            self._woken = False
            return self._directive

    def pause(self, seconds: float) -> Directive:
        """Wait for `seconds`, or until a command to finish or to stop comes."""
        with self._changed:
            # A drain that is to finish already still has to pause.
            before = self._directive
            self._changed.wait_for(
                lambda: self._directive is Directive.STOP or self._directive is not before,
                timeout=seconds,
            )
            return self._directive

    def send(self, message: Message) -> None:
        """Send `message`. Does nothing when the collector is gone."""
        try:
            with self._sending:
                self._connection.sendall(encode(message))
        except OSError:
            self._direct(Directive.STOP)

    def close(self) -> None:
        """Disconnect, because the drain exits by itself."""
        self._closed.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # also ends the thread
        self._connection.close()

    def _receive(self) -> None:
        try:
            for command in commands_from(self._connection):
                self._direct(Directive.FINISH if isinstance(command, Finish) else None)
        except DrainFailed as error:
            self.send(Unusable(str(error)))
        self._direct(Directive.STOP)
        if not self._closed.wait(_ORPHAN_SECONDS):
            self._on_orphaned()

    def _direct(self, directive: Directive | None) -> None:
        """Wake the drain, with a new directive or with rows."""
        with self._changed:
            self._woken = True
            if directive is not None and self._directive is not Directive.STOP:
                self._directive = directive
            self._changed.notify_all()

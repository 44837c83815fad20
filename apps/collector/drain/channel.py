"""The drain's end of its connection to the collector: a socket, read by a thread of its own.

A thread, so that the exit of the collector ends this process even while a warehouse keeps it busy.
"""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from collector.drain.loop import Directive
from collector.drain.messages import Finish, Message, commands_from, encode_line
from collector.errors import DrainFailed

_ORPHAN_SECONDS: Final = 2.0


def exit_at_once() -> None:
    """End this process. A warehouse under way stays as after a power cut: whole."""
    os._exit(1)


class SocketChannel:
    """A `collector.drain.loop.Channel` over a connected stream socket."""

    def __init__(self, connection: socket.socket, *, orphaned: Callable[[], None]) -> None:
        """`orphaned` is called when the collector is gone and the drain does not exit by itself."""
        self._connection: Final = connection
        self._orphaned: Final = orphaned
        self._changed: Final = threading.Condition()
        self._sending: Final = threading.Lock()  # a message is whole, whoever sends it
        self._woken = False
        self._finish = False
        self._gone = False
        self._closed: Final = threading.Event()

    def listen(self) -> None:
        """Begin to take commands. The thread does not keep the process alive."""
        threading.Thread(target=self._receive, name="commands", daemon=True).start()

    def wait_for_work(self, at_most: float) -> Directive:
        """Wait, at most so many seconds, until rows were committed since the last call.

        Less when the drain is to finish or to stop.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._woken or self._finish or self._gone, timeout=at_most
            )
            self._woken = False
            return self._directive()

    def pause(self, seconds: float) -> Directive:
        """Wait `seconds`, less only when the drain is told meanwhile to finish or to stop."""
        with self._changed:
            # When the drain is to finish already, a pause must still be one.
            was_finishing = self._finish
            self._changed.wait_for(
                lambda: self._gone or (self._finish and not was_finishing), timeout=seconds
            )
            return self._directive()

    def send(self, message: Message) -> None:
        """Send `message`. When nobody is there any more, the thread finds out as well."""
        try:
            with self._sending:
                self._connection.sendall(encode_line(message))
        except OSError:
            self._note_gone()

    def close(self) -> None:
        """Disconnect: the drain exits by itself."""
        self._closed.set()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # also ends the thread
        self._connection.close()

    def _directive(self) -> Directive:
        if self._gone:
            return Directive.STOP
        return Directive.FINISH if self._finish else Directive.CONTINUE

    def _receive(self) -> None:
        with suppress(DrainFailed):  # nobody who can be understood is nobody
            for command in commands_from(self._connection):
                with self._changed:
                    self._woken = True
                    self._finish = self._finish or isinstance(command, Finish)
                    self._changed.notify_all()
        self._note_gone()
        if not self._closed.wait(_ORPHAN_SECONDS):
            self._orphaned()

    def _note_gone(self) -> None:
        with self._changed:
            self._gone = True
            self._changed.notify_all()

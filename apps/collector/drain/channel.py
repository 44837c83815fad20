"""The drain's end of the line to the collector: a socket, read by a thread of its own.

A thread, so that the end of the collector ends this process even while a database keeps it busy.
"""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from collector.drain.loop import Signal
from collector.drain.messages import Message, Order, encode_message

_RECEIVE_BYTES: Final = 4_096
_ORPHAN_SECONDS: Final = 2.0


def end_process() -> None:
    """End this process at once. A database under way stays as after a power cut: whole."""
    os._exit(1)


class SocketChannel:
    """A `collector.drain.loop.Channel` over a connected stream socket."""

    def __init__(self, line: socket.socket, *, orphaned: Callable[[], None]) -> None:
        """`orphaned` is called when the collector is gone and the drain does not end by itself."""
        self._line: Final = line
        self._orphaned: Final = orphaned
        self._changed: Final = threading.Condition()
        self._telling: Final = threading.Lock()  # a message is whole, whoever tells
        self._woken = False
        self._finish = False
        self._gone = False
        self._ended: Final = threading.Event()

    def listen(self) -> None:
        """Begin to take orders. The thread does not keep the process alive."""
        threading.Thread(target=self._receive, name="orders", daemon=True).start()

    def wait_for_work(self, at_most: float) -> Signal:
        """Wait until rows were committed since the last call, or the drain is to end.

        For `at_most` seconds.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._woken or self._finish or self._gone, timeout=at_most
            )
            self._woken = False
            return self._signal()

    def rest(self, seconds: float) -> Signal:
        """Wait `seconds`, less only when the collector says meanwhile that the drain is to end."""
        with self._changed:
            # When the drain is to finish already, a pause must still be one.
            was_finishing = self._finish
            self._changed.wait_for(
                lambda: self._gone or (self._finish and not was_finishing), timeout=seconds
            )
            return self._signal()

    def tell(self, message: Message) -> None:
        """Send `message`. When nobody is there any more, the thread finds out as well."""
        try:
            with self._telling:
                self._line.sendall(encode_message(message))
        except OSError:
            self._note_gone()

    def close(self) -> None:
        """Hang up: the drain has ended by itself."""
        self._ended.set()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)  # also ends the thread
        self._line.close()

    def _signal(self) -> Signal:
        if self._gone:
            return Signal.GONE
        return Signal.FINISH if self._finish else Signal.GO_ON

    def _receive(self) -> None:
        while orders := self._orders():
            with self._changed:
                self._woken = True
                self._finish = self._finish or Order.FINISH.value in orders
                self._changed.notify_all()
        self._note_gone()
        if not self._ended.wait(_ORPHAN_SECONDS):
            self._orphaned()

    def _orders(self) -> bytes:
        try:
            return self._line.recv(_RECEIVE_BYTES)
        except OSError:
            return b""

    def _note_gone(self) -> None:
        with self._changed:
            self._gone = True
            self._changed.notify_all()

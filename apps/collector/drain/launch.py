"""Starting the process that drains the spool, and the collector's end of the line to it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from collector.drain.messages import Message, Order, decode_message
from collector.errors import DrainFailed

# Its own name as text: importing the module would load the databases' libraries here.
_MODULE: Final = "collector.drain.process"
_REAP_SECONDS: Final = 5.0


class DrainProcess:
    """A running drain."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: socket.socket) -> None:
        self._process: Final = process
        self._line: Final = line

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    def order(self, order: Order) -> None:
        """Tell the drain something, without waiting.

        A full line is full of orders to wake, and a closed one has nobody to listen.
        """
        with suppress(OSError):
            self._line.send(order.value, socket.MSG_DONTWAIT)

    def messages(self) -> Iterator[Message]:
        """Return what the drain tells, until it ends. Raises `DrainFailed` for nonsense."""
        with self._line.makefile("rb") as lines, suppress(ConnectionError):
            for line in lines:
                try:
                    yield decode_message(line)
                except msgspec.DecodeError as error:
                    raise DrainFailed("the drain speaks another version's language") from error

    def hang_up(self) -> None:
        """Let the drain know that it is to end, whatever is left."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def reap(self) -> int:
        """Wait for the end of a drain that hung up, and return its exit status."""
        self.hang_up()
        try:
            status = self._process.wait(_REAP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._line.close()
        return status


def launch_drain(
    *,
    spool: Path,
    database: str,
    retention_days: int | None = None,
    batch_seconds: float | None = None,
) -> DrainProcess:
    """Start a drain of `spool` into the warehouse at the address `database`.

    Raises `DrainFailed`. It works inside a venv-mode PEX, whose interpreter finds the module.
    """
    ours, its = socket.socketpair()
    # -P: a file in the working directory must not stand in for a module.
    command = [sys.executable, "-P", "-m", _MODULE]
    command += ["--spool", str(spool), "--database", database]
    if retention_days is not None:
        command += ["--retention-days", str(retention_days)]
    if batch_seconds is not None:
        command += ["--batch-seconds", str(batch_seconds)]
    with its:
        try:
            # No shell, and no argument but a path, an address and a number of ours.
            process = subprocess.Popen(command, stdin=its.fileno())  # noqa: S603
        except OSError as error:
            ours.close()
            raise DrainFailed(f"the drain cannot be started: {error.strerror}") from error
    return DrainProcess(process, ours)

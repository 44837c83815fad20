"""Starting the process that drains the spool, and the collector's end of the connection to it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.drain.messages import Command, Message, encode_line, messages_from
from collector.errors import DrainFailed

# Its own name as text: importing the module would load the warehouses' libraries here.
_MODULE: Final = "collector.drain.process"
_REAP_SECONDS: Final = 5.0


class DrainProcess:
    """A running drain."""

    def __init__(self, process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
        self._process: Final = process
        self._connection: Final = connection

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    def send(self, command: Command) -> None:
        """Send a command, without waiting.

        A full connection is full of commands to wake, and nobody listens at a closed one.
        """
        with suppress(OSError):
            self._connection.send(encode_line(command), socket.MSG_DONTWAIT)

    def messages(self) -> Iterator[Message]:
        """Return what the drain sends, until it exits. Raises `DrainFailed` for nonsense."""
        return messages_from(self._connection)

    def disconnect(self) -> None:
        """Let the drain know that it is to exit, whatever is left."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def reap(self) -> int:
        """Wait for the exit of a drain that has disconnected, and return its status."""
        self.disconnect()
        try:
            status = self._process.wait(_REAP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._connection.close()
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
    try:
        ours, its = socket.socketpair()
    except OSError as error:
        raise DrainFailed(f"the drain cannot be started: {error.strerror}") from error
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

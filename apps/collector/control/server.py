"""The end of the control socket that listens."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from collector.control.messages import (
    MAX_REQUEST_BYTES,
    Done,
    Kind,
    Request,
    decode_request,
    encode,
    encode_piece,
)
from collector.control.socket_path import reachable
from collector.errors import CollectorError

_PRIVATE: Final = 0o600
_WAITING: Final = 8
_IDLE_SECONDS: Final = 30.0
_AT_ONCE: Final = 4
_PIECE_BYTES: Final = 64 * 1024

Answer: TypeAlias = Callable[[Request, Callable[[bytes], None]], Done]
"""Does what a request asks for, writing data on the way. Raises a `CollectorError`."""


class ControlServer:
    """Answers requests, in threads that do not keep the process alive."""

    def __init__(self, path: Path, answer: Answer) -> None:
        """Listen at `path`; whoever holds the lock of the directory may. Raises `OSError`."""
        self._answer: Final = answer
        self._turns: Final = threading.BoundedSemaphore(_AT_ONCE)
        path.unlink(missing_ok=True)  # of a collector that is gone
        self._socket: Final = socket.socket(socket.AF_UNIX)
        with reachable(path) as address:
            self._socket.bind(address)
        os.chmod(path, _PRIVATE)  # noqa: PTH101 - beside bind, which has no mode of its own
        self._socket.listen(_WAITING)
        self._acceptor: Final = threading.Thread(target=self._accept, name="control", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._acceptor.start()

    def close(self) -> None:
        """Stop to listen. Answers under way end with the process."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # also ends the thread
        self._socket.close()
        if self._acceptor.is_alive():
            self._acceptor.join(_IDLE_SECONDS)

    def _accept(self) -> None:
        while True:
            self._turns.acquire()
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(_IDLE_SECONDS)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # Whoever asked is gone, or does not read: nobody is left to be told.
        try:
            with suppress(OSError), closing(connection):
                connection.sendall(self._last_piece(connection))
        finally:
            self._turns.release()

    def _last_piece(self, connection: socket.socket) -> bytes:
        with connection.makefile("rb") as lines:
            line = lines.readline(MAX_REQUEST_BYTES)
        output = _Pieces(connection)
        try:
            done = self._answer(decode_request(line), output.write)
        except msgspec.DecodeError:
            return encode_piece(Kind.FAILED, b"this is no request of this version")
        except CollectorError as error:
            return encode_piece(Kind.FAILED, str(error).encode())
        output.flush()
        return encode_piece(Kind.DONE, encode(done))


class _Pieces:
    """Gathers data into pieces of a good size."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection: Final = connection
        self._gathered = bytearray()

    def write(self, data: bytes) -> None:
        self._gathered += data
        if len(self._gathered) >= _PIECE_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._gathered:
            self._connection.sendall(encode_piece(Kind.DATA, bytes(self._gathered)))
            self._gathered.clear()

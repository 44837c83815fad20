"""The end of the control socket that asks."""

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from collector.control.messages import (
    Done,
    Kind,
    Request,
    decode_done,
    encode,
    read_piece,
)
from collector.control.socket_path import reachable
from collector.errors import CollectorError, CommandFailed

_SILENCE_SECONDS: Final = 120.0


class NotRunning(CollectorError):
    """Nobody listens: no collector runs on the data directory."""


def ask(path: Path, request: Request, write: Callable[[bytes], None]) -> Done:
    """Ask the collector that listens at `path`; its data goes to `write`, piece by piece.

    Raises `NotRunning`, `CommandFailed` with what it answers, and what `write` raises.
    """
    with closing(_connect(path)) as connection:
        try:
            connection.sendall(encode(request) + b"\n")
            return _read(connection, write)
        except TimeoutError as error:
            raise CommandFailed("the collector does not answer") from error
        except (ValueError, msgspec.DecodeError) as error:
            raise CommandFailed("the collector speaks another version's language") from error


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_SILENCE_SECONDS)
    try:
        with reachable(path) as address:
            connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        connection.close()
        raise NotRunning("no collector runs on this data directory") from error
    except OSError as error:
        connection.close()
        raise CommandFailed(f"{path} cannot be used: {error.strerror}") from error
    return connection


def _read(connection: socket.socket, write: Callable[[bytes], None]) -> Done:
    with connection.makefile("rb") as stream:
        while (piece := read_piece(stream)) is not None:
            kind, content = piece
            match kind:
                case Kind.DATA:
                    write(content)
                case Kind.DONE:
                    return decode_done(content)
                case Kind.FAILED:
                    raise CommandFailed(content.decode())
    raise CommandFailed("the collector's answer broke off")

"""Listening at a path of the file system (unix(7))."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 107
"""How long a path may be that is the address of a socket (unix(7))."""


def listen_at(path: Path, *, mode: int, backlog: int) -> socket.socket:
    """Return a socket that listens at `path`; whoever `mode` lets write may connect.

    A socket at which nobody listens is replaced. Raises `OSError`, also where somebody listens, or
    where something else is there. `getsockname` does not return a path beyond `MOST_BYTES`.
    """
    listening = socket.socket(socket.AF_UNIX)
    try:
        with _address(path) as address:
            _remove_left_over(path, address)
            listening.bind(address)
        path.chmod(mode)
        listening.listen(backlog)
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Give a short address of the socket at `path`: unix(7) allows 107 bytes, paths have more.

    Raises `OSError` where the directory cannot be opened.
    """
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path.absolute())) <= MOST_BYTES:
        yield str(path.absolute())
        return
    with reachable(path) as short:
        yield short


def _remove_left_over(path: Path, address: str) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "something other than a socket is there")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except BlockingIOError:
            pass  # its backlog is full: somebody listens
    raise OSError(errno.EADDRINUSE, "Address already in use")

"""Exchanging two folders in one system call: a reader sees the one or the other.

renameat2(2) with RENAME_EXCHANGE: Linux 3.15, glibc 2.28; ext4, xfs, btrfs, tmpfs and others.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
# What the call answers where the file system, or the system, cannot do it.
_IMPOSSIBLE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})

Exchange: TypeAlias = Callable[[Path, Path], bool]
"""Exchanges two folders and returns True, or returns False where that is impossible."""


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change places, both of which exist. Raises `OSError`.

    Returns False, and has changed nothing, where the file system cannot do it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    try:
        renameat2 = library.renameat2
    except AttributeError:
        return False
    outcome = renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    if outcome == 0:
        return True
    number = ctypes.get_errno()
    if number in _IMPOSSIBLE:
        return False
    raise OSError(number, os.strerror(number), str(other))

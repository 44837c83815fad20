"""A disk that is full for one process."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNLIMITED: Final = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def files_limited(pid: int, size: int) -> Iterator[None]:
    """Fail the writes of a process beyond `size` bytes of a file, as a full disk does."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, UNLIMITED)

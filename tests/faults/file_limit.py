"""A disk that is full for one process."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNLIMITED: Final = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def files_limited(pid: int, size: int) -> Iterator[None]:
    """Let the process make no file larger than `size` bytes; it fails as a full disk does."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, UNLIMITED)

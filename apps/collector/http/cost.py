"""What it may cost to serve a request, before that is paid.

The cost is counted in bytes of JSON: whatever they hold, each takes some 20 nanoseconds of the one
thread that serves (`tests/hostile/cost_test.py` looks for worse). A compressed body counts by what
it becomes.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from collector.errors import Refusal
from collector.http.compression import inflate
from collector.http.intake import MAX_BODY_BYTES, is_gzip
from collector.http.limits import LARGE_BODY_BYTES

INFLATED_AT_ONCE_BYTES: Final = 16 * 1024
"""A longer compressed body may become anything: to find out would take milliseconds."""


class Sized(Protocol):
    """A request that has arrived whole; see `collector.http.request.Request`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in upper case, with `_` for `-`."""

    @property
    def body_size(self) -> int:
        """Bytes of the body."""

    def read_body(self) -> bytes:
        """Return a copy of the body."""


def cost_of(request: Sized, *, processor_seconds: Callable[[], float] = time.thread_time) -> int:
    """Return the bytes that there are to read, or as many as there may be. Costs little itself."""
    encoding = request.headers.get("CONTENT_ENCODING")
    if encoding is None or not is_gzip(encoding):
        return request.body_size
    if request.body_size > INFLATED_AT_ONCE_BYTES:
        return MAX_BODY_BYTES
    try:
        body = request.read_body()
        return len(inflate(body, limit=LARGE_BODY_BYTES, processor_seconds=processor_seconds))
    except Refusal:
        return MAX_BODY_BYTES

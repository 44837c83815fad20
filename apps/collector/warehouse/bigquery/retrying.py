"""Trying again: exponential backoff with full jitter under a deadline, and Retry-After."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from google.api_core.exceptions import GoogleAPICallError
from google.api_core.retry import (
    RetryFailureReason,
    exponential_sleep_generator,
    retry_target,
)

from collector.warehouse.bigquery.failures import may_pass

T = TypeVar("T")


@dataclass(frozen=True)
class Persistence:
    """How long to go on. The client's own default is ten minutes, and no limit for a call."""

    call_seconds: float = 30.0
    """For one call: to connect, and between two pieces of the answer."""

    retry_seconds: float = 60.0
    """From the first attempt until no further one is made."""

    first_pause_seconds: float = 0.5
    """The pause after a failure is a random part of this, which doubles each time."""

    longest_pause_seconds: float = 10.0
    """Where the doubling ends. A server's Retry-After is waited for in full."""


PERSISTENCE: Final = Persistence()
"""For rows, and whatever nobody waits for."""

AT_OPENING: Final = Persistence(call_seconds=5.0, retry_seconds=8.0)
"""A collector that starts waits for its database for 15 seconds."""


def persist(action: Callable[[], T], persistence: Persistence) -> T:
    """Return what `action` returns, after trying again whatever may pass.

    Raises what `action` raised last, at once where it does not pass, else at the deadline.
    """
    wished = [0.0]

    def note_wish(error: Exception) -> None:
        wished[0] = _retry_after_seconds(error)

    def pauses() -> Iterator[float]:
        for pause in exponential_sleep_generator(
            persistence.first_pause_seconds, persistence.longest_pause_seconds
        ):
            yield max(pause, wished[0])

    result: T = retry_target(
        action,
        may_pass,
        pauses(),
        timeout=persistence.retry_seconds,
        on_error=note_wish,
        exception_factory=_last_error,
    )
    return result


def _last_error(
    errors: list[Exception], _why: RetryFailureReason, _seconds: float | None
) -> tuple[Exception, Exception | None]:
    last = errors[-1]
    return last, last.__cause__ if isinstance(last.__cause__, Exception) else None


def _retry_after_seconds(error: Exception) -> float:
    """Return what the server asks for. Google sends seconds, never a date (RFC 9110, 10.2.3)."""
    if not isinstance(error, GoogleAPICallError) or error.response is None:
        return 0.0
    wish = str(error.response.headers.get("Retry-After", ""))
    return float(wish) if wish.isascii() and wish.isdigit() else 0.0

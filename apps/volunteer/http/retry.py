"""Trying again: exponential backoff with full jitter, and whatever the server asks for.

The backoff doubles from one second; full jitter takes a random part of it, so that many clients
that failed together do not come back together ("Exponential Backoff And Jitter", AWS
Architecture Blog, 2015). A server's `Retry-After` (RFC 9110, section 10.2.3) is waited for in
full, and the jitter comes on top.
"""

from collections.abc import Callable
from random import Random
from typing import Final, Generic, TypeVar

from msgspec import Struct

from volunteer.clock import Clock

_FIRST_BACKOFF_SECONDS: Final = 1.0
_MOST_DOUBLINGS: Final = 32

T = TypeVar("T")
Reason = TypeVar("Reason")


class TryAgain(Struct, Generic[Reason], frozen=True):
    """An attempt failed in a way that may pass. `after` is `Retry-After`, in seconds."""

    reason: Reason
    after: float | None = None


class RetryPolicy(Struct, frozen=True):
    """How long to go on. `deadline` is a reading of `Clock.now`; no attempt starts after it.

    `longest_backoff` is seconds, `attempts` how many at most, None for any number.
    """

    deadline: float
    longest_backoff: float
    attempts: int | None = None


def retry(
    attempt: Callable[[], T | TryAgain[Reason]],
    *,
    policy: RetryPolicy,
    clock: Clock,
    random: Random,
    announce: Callable[[Reason, float], None],
) -> T | TryAgain[Reason]:
    """Return the first outcome that is not `TryAgain`, or the last one when the policy ends it.

    `announce` is told the reason and the seconds of each wait before it begins.
    """
    attempts = 0
    while isinstance(outcome := attempt(), TryAgain):
        attempts += 1
        seconds = (outcome.after or 0.0) + random.uniform(0, _backoff(attempts, policy))
        if attempts == policy.attempts or clock.now() + seconds >= policy.deadline:
            break
        announce(outcome.reason, seconds)
        clock.sleep(seconds)
    return outcome


def _backoff(attempts: int, policy: RetryPolicy) -> float:
    """Return seconds, after so many attempts."""
    doublings = min(attempts - 1, _MOST_DOUBLINGS)
    return min(policy.longest_backoff, _FIRST_BACKOFF_SECONDS * 2.0**doublings)

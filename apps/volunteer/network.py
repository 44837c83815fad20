"""What talking to the cluster and to a collector have in common, on top of urllib3.

Answers are read in pieces against a limit and a deadline: urllib3's own timeouts are about
inactivity, so a server that sends a byte now and then would hold a caller for ever.
"""

import ssl
from collections.abc import Callable, Iterator
from typing import Final

from urllib3 import BaseHTTPResponse, Retry
from urllib3 import exceptions as faults

_PIECE_BYTES: Final = 64 * 1024
_LONGEST_RETRY_AFTER_SECONDS: Final = 24 * 60 * 60
_RETRY_AFTER: Final = Retry(retry_after_max=_LONGEST_RETRY_AFTER_SECONDS)

NO_RETRIES: Final = Retry(total=False)
"""Makes urllib3 neither repeat a request nor follow a redirect: that is decided elsewhere."""


class AnswerTooSlow(Exception):
    """A body was still on its way when its time was over."""


class AnswerTooLarge(Exception):
    """A body is larger than any that makes sense."""


def read_body(
    response: BaseHTTPResponse, *, most_bytes: int, deadline: float, now: Callable[[], float]
) -> bytearray:
    """Return the whole body, with its content coding undone.

    Raises `AnswerTooLarge` beyond `most_bytes`, `AnswerTooSlow` when `now()` passes `deadline`,
    and urllib3's errors when the connection breaks.
    """
    body = bytearray()
    while piece := response.read1(_PIECE_BYTES):
        body += piece
        if len(body) > most_bytes:
            raise AnswerTooLarge
        if now() > deadline:
            raise AnswerTooSlow
    return body


def retry_after(response: BaseHTTPResponse) -> float | None:
    """Return `Retry-After` in seconds, whether it is a number or a date; None without a valid
    one (RFC 9110, section 10.2.3).
    """
    try:
        return _RETRY_AFTER.get_retry_after(response)
    except faults.InvalidHeader:
        return None


def certificate_problem(error: BaseException) -> str | None:
    """Return what is wrong with the other side's certificate, if that is what `error` is about."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return None


def in_words(error: BaseException) -> str:
    """Return what happened, for people; it never quotes a header, a URL or a body."""
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'no reason given'})"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    # Asked last: urllib3 makes every failed connection one of these.
    if isinstance(error, faults.ConnectTimeoutError):
        return "no connection in time"
    return "the connection broke"


def is_silence(error: BaseException) -> bool:
    """Whether the other side took the request and then let time run out."""
    return isinstance(error, _SILENCE)


_SILENCE: Final = (faults.ReadTimeoutError, AnswerTooSlow)
_WORDS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    (_SILENCE, "no answer in time"),
    ((faults.NameResolutionError,), "its name cannot be resolved"),
    ((faults.ProxyError,), "the proxy cannot be used"),
    ((AnswerTooLarge,), "the answer is too large"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error`, and the errors it was raised from or was made with."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = (cause.__cause__, cause.__context__, *cause.args)
        waiting.extend(link for link in linked if isinstance(link, BaseException))

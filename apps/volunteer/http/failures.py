"""What went wrong with a request, in words that quote nothing that travelled."""

import re
import ssl
from collections.abc import Iterator
from enum import Enum
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Final

from urllib3 import exceptions as faults

from volunteer.http.deadline import DeadlinePassed


class Failure(Enum):
    """What kind of thing went wrong. What is `lasting` does not get better by trying again."""

    SILENCE = "the other side took the request and let time run out"
    BROKEN = "no connection, or one that broke"
    TOO_LARGE = "the answer is larger than any that makes sense"
    AUTHORITY = "nobody who is trusted vouches for the other side's certificate"
    CERTIFICATE = "the other side's certificate is for another name or another time"
    CLIENT_CERTIFICATE = "the other side does not accept ours"
    NO_TLS = "the other side does not speak TLS"
    PROXY = "the proxy refuses"
    PROXY_AWAY = "the proxy cannot be reached, or cannot reach further"

    @property
    def is_lasting(self) -> bool:
        """Whether trying again is of no use."""
        return self not in {Failure.SILENCE, Failure.BROKEN, Failure.PROXY_AWAY}


PROXY_FAILURES: Final = (Failure.PROXY, Failure.PROXY_AWAY)


class RequestFailed(Exception):
    """A request got no whole response. Its text is for people; it quotes no header, URL or body."""

    def __init__(self, failure: Failure, words: str) -> None:
        super().__init__(words)
        self.failure = failure


class BodyTooLarge(Exception):
    """A body is larger than any that makes sense."""


def failed(error: BaseException) -> RequestFailed:
    """Say what `error`, of any library, means."""
    causes = list(_causes(error))
    for explain in (_certificate, _tls, _proxy):
        for cause in causes:
            if (found := explain(cause)) is not None:
                return _of_proxy(found) if isinstance(error, faults.ProxyError) else found
    if isinstance(error, _SILENCE):
        return RequestFailed(Failure.SILENCE, "no answer in time")
    if isinstance(error, BodyTooLarge):
        return RequestFailed(Failure.TOO_LARGE, "the answer is too large")
    if isinstance(error, faults.ProxyError):
        return RequestFailed(Failure.PROXY_AWAY, "the proxy cannot be reached")
    return RequestFailed(Failure.BROKEN, _broken(error, causes))


_CUT_SHORT: Final = (RemoteDisconnected, IncompleteRead)
_SILENCE: Final = (faults.ReadTimeoutError, DeadlinePassed)
# OpenSSL's names of TLS' alerts (RFC 8446, section 6.2) that are about a client's certificate.
_CLIENT_CERTIFICATE: Final = re.compile(
    r"ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)"
)
# OpenSSL's codes for a time before and after, a name, and an address (`x509_vfy.h`).
_OF_TIME_AND_NAME: Final = frozenset({9, 10, 62, 64})
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_TUNNEL: Final = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
# PySocks' words for a wrong user, and for the second reply code of RFC 1928, section 6.
_SOCKS_REFUSALS: Final = re.compile(r"authentication|not allowed by ruleset|0x02", re.IGNORECASE)


def _of_proxy(found: RequestFailed) -> RequestFailed:
    """Say that the way ended at the proxy: urllib3 has an error for what happens before it."""
    if found.failure in PROXY_FAILURES:
        return found
    return RequestFailed(Failure.PROXY, f"the proxy: {found}")


def _certificate(cause: BaseException) -> RequestFailed | None:
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    words = f"its certificate is not accepted: {cause.verify_message.removesuffix('.')}"
    is_unfit = cause.verify_code in _OF_TIME_AND_NAME
    return RequestFailed(Failure.CERTIFICATE if is_unfit else Failure.AUTHORITY, words)


def _tls(cause: BaseException) -> RequestFailed | None:
    if not isinstance(cause, ssl.SSLError):
        return None
    reason = cause.reason or ""
    if "ALERT_CERTIFICATE_REQUIRED" in reason:
        return RequestFailed(Failure.CLIENT_CERTIFICATE, "it asks for a client certificate")
    if _CLIENT_CERTIFICATE.search(reason):
        words = f"it does not accept the client certificate ({reason})"
        return RequestFailed(Failure.CLIENT_CERTIFICATE, words)
    if reason in _NO_TLS:
        return RequestFailed(Failure.NO_TLS, "it does not speak TLS: is it http, not https?")
    return None


def _proxy(cause: BaseException) -> RequestFailed | None:
    if (tunnel := _TUNNEL.search(str(cause))) and isinstance(cause, OSError):
        words = f"the proxy answered {tunnel[1]}"
        refuses = tunnel[1].startswith("4")
        return RequestFailed(Failure.PROXY if refuses else Failure.PROXY_AWAY, words)
    # The module is there only where a SOCKS proxy is used.
    if type(cause).__module__ == "socks":
        if _SOCKS_REFUSALS.search(str(cause)):
            return RequestFailed(Failure.PROXY, "the proxy refuses")
        return RequestFailed(Failure.PROXY_AWAY, "the proxy cannot be reached, or cannot reach it")
    return None


def _broken(error: BaseException, causes: list[BaseException]) -> str:
    if any(isinstance(cause, faults.NameResolutionError) for cause in causes):
        return "its name cannot be resolved"
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'no reason given'})"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        if isinstance(cause, HTTPException) and not isinstance(cause, _CUT_SHORT):
            return "its answer is not HTTP"
    # Asked last: urllib3 makes every failed connection one of these.
    if isinstance(error, faults.ConnectTimeoutError):
        return "no connection in time"
    return "the connection broke"


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

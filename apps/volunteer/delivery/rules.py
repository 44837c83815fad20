"""What becomes of a report on its way: the rules, without the network.

- 204: delivered. Another 2xx is not the answer of a collector but of a web server, a login or a
  captive portal: refused. So is a 4xx other than 408 and 429, and not repeated. All else may pass.
- A redirect is followed with the same method and body to the same origin, or from http to https
  of the same host; any other place was not named by the user and is a refusal. 303 asks for a GET
  (RFC 9110, section 15.4.4), with which nothing would be delivered: a refusal as well.
"""

import json
import logging
from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec import Struct

from volunteer.clock import Clock
from volunteer.http.retry import RetryPolicy, TryAgain, retry

_log: Final = logging.getLogger(__name__)

_ACCEPTED: Final = 204
_SUCCESS: Final = range(200, 300)
_REFUSALS: Final = range(400, 500)
_REPEATED_REFUSALS: Final = frozenset({408, 429})
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_OTHER_REDIRECTS: Final = range(300, 400)
_MOST_REDIRECTS: Final = 5
_LONGEST_BACKOFF_SECONDS: Final = 300.0
_LONGEST_PROBLEM_SHOWN: Final = 500
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Delivered(Struct, frozen=True):
    """The report is in safe hands."""


class Refused(Struct, frozen=True):
    """The collector will not take this report, now or later."""

    why: str


class Unavailable(Struct, frozen=True):
    """The report was not delivered in time; another one may be."""

    why: str


Outcome: TypeAlias = Delivered | Refused | Unavailable


class Reply(Struct, frozen=True):
    """What a collector answered. `retry_after` is seconds, `location` the header as it came."""

    status: int
    body: bytes = b""
    location: str | None = None
    retry_after: float | None = None


class NoReply(Struct, frozen=True):
    """No answer came, and why. What is `lasting` does not get better by posting again."""

    why: str
    lasting: bool = False


Ask: TypeAlias = Callable[[str], Reply | NoReply]
"""Sends one request to the given URL; the same headers and body each time."""


def deliver(
    post: Ask,
    url: str,
    *,
    clock: Clock,
    random: Random,
    deadline: float,
    announce: Callable[[str, float], None],
) -> Outcome:
    """Post until the report is delivered or refused, or `deadline`, a reading of `clock.now`.

    `announce` is told why an attempt failed and how many seconds it waits.
    """
    outcome: Outcome | TryAgain[str] = retry(
        lambda: _attempt(post, url),
        policy=RetryPolicy(deadline=deadline, longest_backoff=_LONGEST_BACKOFF_SECONDS),
        clock=clock,
        random=random,
        announce=announce,
    )
    return Unavailable(outcome.reason) if isinstance(outcome, TryAgain) else outcome


def _attempt(post: Ask, url: str) -> Outcome | TryAgain[str]:
    reply = follow(post, url)
    match reply:
        case NoReply(why, lasting):
            return Unavailable(why) if lasting else TryAgain(why)
        case Reply(status) if status in _SUCCESS and status != _ACCEPTED:
            return Refused(f"answered {status}, where a collector answers 204: check the URL")
        case Reply():
            return judge(reply)
        case Refused():
            return reply


def follow(ask: Ask, url: str) -> Reply | NoReply | Refused:
    """Ask at `url`, and where redirects lead; `Refused` where they lead too far."""
    for _ in range(_MOST_REDIRECTS + 1):
        reply = ask(url)
        came = f"answered {reply.status}" if isinstance(reply, Reply) else reply.why
        _log.debug("the collector: %s", came)
        if isinstance(reply, NoReply) or reply.status not in _REDIRECTS:
            return reply
        target = redirect_target(url, reply.location or "")
        if target is None:
            return Refused(f"redirects elsewhere ({reply.status}): name the right URL yourself")
        url = target
    return Refused(f"redirects more than {_MOST_REDIRECTS} times")


def judge(reply: Reply) -> Delivered | Refused | TryAgain[str]:
    """Say what an answer other than a redirect means."""
    if reply.status in _SUCCESS:
        return Delivered()
    words = f"answered {reply.status}{problem_in_words(reply.body)}"
    if reply.status in _REFUSALS and reply.status not in _REPEATED_REFUSALS:
        return Refused(words)
    if reply.status in _OTHER_REDIRECTS:
        return Refused(words)
    return TryAgain(words, reply.retry_after)


def redirect_target(url: str, location: str) -> str | None:
    """Return where `location` leads from `url`, or None where a report must not follow."""
    try:
        origin, target = urlsplit(url), urlsplit(urljoin(url, location))
        origin_port, target_port = _port(origin), _port(target)
    except ValueError:
        return None
    if not location or target.hostname != origin.hostname or target.username is not None:
        return None
    if origin.scheme == "http" and target.scheme == "https":
        return target.geturl()
    same_origin = target.scheme == origin.scheme and target_port == origin_port
    return target.geturl() if same_origin else None


def problem_in_words(body: bytes) -> str:
    """Return what a refusal says for itself, on one line, after a colon; "" if it says nothing.

    A problem document (RFC 9457) gives its title and detail, a web page nothing, anything else its
    text.
    """
    text = body.decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        return ""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        parts = [document.get(name) for name in ("title", "detail")]
        text = ": ".join(dict.fromkeys(part for part in parts if isinstance(part, str) and part))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f": {line[:_LONGEST_PROBLEM_SHOWN]}" if line else ""


def _port(parts: SplitResult) -> int | None:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme)

"""Faults of the application, which is anything that it raises: what is logged and answered."""

import logging
import traceback
from typing import Final

from collector.http.incident import Episode
from collector.http.response import Answer, plain_text

QUIET_SECONDS: Final = 30.0

logger = logging.getLogger(__name__)


class Faults:
    """Tells of each fault once until it has been quiet for a while, and then how often it came.

    Faults are the same that are of one type and were raised at one line, so there are never more
    than the program has lines. Neither log nor client gets the message of an exception: it may
    quote the payload.
    """

    def __init__(self) -> None:
        self._episodes: dict[str, Episode] = {}

    def answer_to(self, error: Exception, now: float) -> Answer:
        """Log where `error` was raised, if that is news, and answer 500. `now` is monotonic."""
        fault = _fault(error)
        if self._episodes.setdefault(fault, Episode(QUIET_SECONDS)).happens(now):
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("the application raised %s, answered 500\n%s", fault, frames)
        return plain_text("500 Internal Server Error", "the server could not handle the request")

    def tell_ended(self, now: float) -> None:
        """Log of each fault that came more than once, and comes no more, how often it did."""
        for fault in list(self._episodes):
            times = self._episodes[fault].take_ended(now)
            if times:
                del self._episodes[fault]
            if times > 1:
                logger.warning("the application raised %s %d times, and now no more", fault, times)


def _fault(error: Exception) -> str:
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        place = f" in {frame.f_code.co_name}, line {line}"
    return f"{type(error).__name__}{place}"

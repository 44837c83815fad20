"""The log on standard error: one line an event. Standard output is for data alone."""

import logging
import sys
import time
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


def set_up_log(*, verbose: bool) -> None:
    """Send our own events from INFO (DEBUG if `verbose`), and warnings of libraries, to stderr.

    Libraries never log more than warnings: their debug messages quote URLs and headers.
    """
    formatter = logging.Formatter(_FORMAT, _TIME)
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("volunteer").setLevel(logging.DEBUG if verbose else logging.INFO)

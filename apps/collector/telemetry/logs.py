"""The log: to standard error, an event a line.

No report, cluster ID or client address is ever given to it.
"""

import logging
import sys
import threading
from typing import Final

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import Processor

from collector.values import LogFormat, LogSettings
from command_line.errors import defect_in_words

_FIRST_KEYS: Final = ("timestamp", "level", "event")


def configure_logs(settings: LogSettings) -> None:
    """Send everything that is logged in this process, by libraries too, to standard error."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    # Where the program was started without standard error, events go nowhere.
    handler = logging.NullHandler() if sys.stderr is None else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _renderer(settings.form, is_terminal=is_terminal),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.level.number, force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
    )
    threading.excepthook = _log_defect


def get_log() -> BoundLogger:
    """Return the log of the collector."""
    log: BoundLogger = structlog.stdlib.get_logger("collector")
    return log


def _log_defect(ended: threading.ExceptHookArgs) -> None:
    """Log that a thread ended as nobody expected: by default, a traceback would be printed."""
    if isinstance(ended.exc_value, Exception):
        name = ended.thread.name if ended.thread else "?"
        get_log().error(defect_in_words(ended.exc_value), thread=name)


def _renderer(form: LogFormat, *, is_terminal: bool) -> Processor:
    if form is LogFormat.AUTO:
        form = LogFormat.CONSOLE if is_terminal else LogFormat.JSON
    if form is LogFormat.CONSOLE:
        return structlog.dev.ConsoleRenderer(colors=is_terminal)
    if form is LogFormat.LOGFMT:
        return structlog.processors.LogfmtRenderer(key_order=_FIRST_KEYS)
    return structlog.processors.JSONRenderer(sort_keys=True)

"""The log: to standard error, one JSON object a line, or readable on a terminal.

No report, cluster ID or client address is ever given to it.
"""

import logging
import sys

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import Processor


def configure_logs(*, verbose: bool) -> None:
    """Send everything that is logged in this process, by libraries too, to standard error."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(
        handlers=[handler], level=logging.DEBUG if verbose else logging.INFO, force=True
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
    )


def get_log() -> BoundLogger:
    """Return the log of the collector."""
    log: BoundLogger = structlog.stdlib.get_logger("collector")
    return log

"""What may be set about the log."""

import enum
import logging
from dataclasses import dataclass


class LogLevel(enum.Enum):
    """The least severe event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def number(self) -> int:
        """The level as the standard library numbers it."""
        return logging.getLevelNamesMapping()[self.name]


class LogFormat(enum.Enum):
    """How an event becomes a line."""

    AUTO = "auto"
    JSON = "json"
    LOGFMT = "logfmt"
    CONSOLE = "console"


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """Which events are logged, and how."""

    level: LogLevel = LogLevel.INFO
    form: LogFormat = LogFormat.AUTO

    @classmethod
    def of(cls, level: LogLevel, form: LogFormat, *, verbose: bool) -> "LogSettings":
        """Return the settings for flags of which `verbose` is short for the level debug."""
        return cls(level=LogLevel.DEBUG if verbose else level, form=form)

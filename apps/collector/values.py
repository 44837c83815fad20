"""The values of flags, and how they are read. A text that breaks the rule raises `InvalidValue`."""

import enum
import ipaddress
import logging
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct

from collector.disk.unix_socket import MOST_BYTES
from command_line.errors import InvalidValue

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_EARLIEST, _LATEST = "2000", "9000"
_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?")
_UNIX: Final = "unix:"


class Publish(enum.Enum):
    """What is published of the reports, and how often."""

    OFF = "off"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    EXACT = "exact"
    """Each month's figures without noise."""


class PublishPlan(Struct, frozen=True):
    """What is to be published: `publish` is not off, `epsilon` is a year's budget.

    Nothing before `since` is; None is the period in which this was first asked for. What came due
    while the collector was off is, where that was through the day `missed`.
    """

    publish: Publish
    epsilon: float
    since: date | None = None
    missed: date | None = None


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


class LogSettings(Struct, frozen=True, kw_only=True):
    """Which events are logged, and how."""

    level: LogLevel = LogLevel.INFO
    form: LogFormat = LogFormat.AUTO


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers, written in digits."""

    def parse(text: str) -> int:
        if _WHOLE.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        raise InvalidValue(f"must be a whole number from {least} to {most}, not {text!r}")

    return parse


def seconds(least: int, most: int) -> Callable[[str], float]:
    """Return a parser of seconds, written as `1` or `0.5`."""

    def parse(text: str) -> float:
        if _DECIMAL.fullmatch(text) and least <= float(text) <= most:
            return float(text)
        raise InvalidValue(f"must be seconds from {least} to {most}, not {text!r}")

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers, written as `1` or `0.5`."""

    def parse(text: str) -> float:
        if _DECIMAL.fullmatch(text) and least <= float(text) <= most:
            return float(text)
        raise InvalidValue(f"must be a number from {least:g} to {most:g}, not {text!r}")

    return parse


def first_day(text: str) -> date:
    """Return the day that `text` is, or the first one of the month that it is."""
    try:
        if _DATE.fullmatch(text) and _EARLIEST <= text < _LATEST:
            return date.fromisoformat(text if len(text) == len("2026-11-25") else f"{text}-01")
    except ValueError:
        pass  # as a month 13
    raise InvalidValue(f"must be a month or a day, such as 2026-11 or 2026-11-25, not {text!r}")


def days(text: str) -> int:
    """Return the days that `text` means, such as `400d`."""
    found = _DAYS.fullmatch(text)
    if found is None:
        raise InvalidValue(f"must be a number of days from 1d to 99999d, not {text!r}")
    return int(found[1])


def matching(rule: re.Pattern[str], description: str) -> Callable[[str], str]:
    """Return a parser of texts that match `rule` as a whole."""

    def parse(text: str) -> str:
        if rule.fullmatch(text) is None:
            raise InvalidValue(f"must be {description}")
        return text

    return parse


def host_name(text: str) -> str:
    """Return an IP address or the name of a host, without brackets."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    try:
        bare.encode("idna")
    except UnicodeError as error:
        raise InvalidValue(f"must be an IP address or a host's name, not {text!r}") from error
    return bare


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks in `text`, separated by commas: `10.0.0.0/8,fd00::1`."""
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise InvalidValue(f"must list networks: {error}") from error


def unix_socket(text: str) -> Path:
    """Return the path in `unix:PATH`, absolute."""
    path = text.removeprefix(_UNIX)
    if path == text or not path or path.endswith("/"):
        raise InvalidValue(
            f"must be unix:PATH, not {text!r}; --host and --port are for an IP address"
        )
    absolute = Path(path).absolute()
    if len(os.fsencode(absolute)) > MOST_BYTES:
        raise InvalidValue(f"the path of a socket has {MOST_BYTES} bytes at most (unix(7))")
    return absolute


def public_address(text: str) -> str:
    """Return the address of a collector, as others write it.

    It stands in a command that people copy into a shell, where no character of it has a meaning.
    """
    if not _ADDRESS.fullmatch(text):
        raise InvalidValue(f"must be an address such as https://census.example.com, not {text!r}")
    return text

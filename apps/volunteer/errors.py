"""The errors of the volunteer: one clear line each, and the exit status that it leads to.

Outcomes of a delivery are values (`volunteer.delivery.rules`), not errors.
"""

import signal
from collections.abc import Mapping
from typing import Final

from command_line.errors import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_USAGE, ProgramError, UsageError

EXIT_DELIVERED: Final = 0
EXIT_NOT_WRITTEN: Final = 1
EXIT_CLUSTER: Final = 3
EXIT_REFUSED: Final = 4
EXIT_NOT_DELIVERED: Final = 5
EXIT_NO_READER: Final = 128 + signal.SIGPIPE
EXIT_TERMINATED: Final = 128 + signal.SIGTERM

EXIT_STATUSES: Final[Mapping[int, str]] = {
    EXIT_DELIVERED: "delivered or printed, or a service that SIGTERM stopped",
    EXIT_NOT_WRITTEN: "what was asked for could not be printed",
    EXIT_USAGE: "a flag, a variable or a file that it names breaks a rule",
    EXIT_CLUSTER: "the cluster could not be observed",
    EXIT_REFUSED: "the collector refuses the report, or the cluster does not fit into one; or it"
    " has no release",
    EXIT_NOT_DELIVERED: "the report was not delivered in time, or no release arrived",
    EXIT_DEFECT: "a defect of the program: please report the line that it printed",
    EXIT_INTERRUPTED: "interrupted by Ctrl-C",
    EXIT_NO_READER: "the reader of the output is gone",
    EXIT_TERMINATED: "terminated by SIGTERM before the one report was delivered",
}
"""What each exit status means. 70 is that of `sysexits.h`. Those above 128
are 128 and a signal's number, as in a shell.
"""


class VolunteerError(ProgramError):
    """Base of the errors that the volunteer raises on purpose, besides those of its usage."""


class InvalidExtensionFile(UsageError):
    """A file of extensions breaks a rule. `key` is None where the whole file does."""

    def __init__(self, file: str, key: str | None, rule: str) -> None:
        super().__init__(f"{file}: {rule}" if key is None else f"{file}: key {key!r}: {rule}")
        self.file = file
        self.key = key
        self.rule = rule


class NoClusterIdentity(UsageError):
    """`--cluster-id=auto` has nothing to derive an ID from."""

    def __init__(self) -> None:
        super().__init__(
            "--cluster-id=auto: needs --key-file, or permission to get the namespace kube-system"
        )


class NoClusterConfigured(UsageError):
    """There is no usable description of where the cluster is."""


class NotWritten(VolunteerError):
    """What was asked for could not be written to standard output."""

    exit_status = EXIT_NOT_WRITTEN


class ReaderGone(VolunteerError):
    """Whoever read standard output has closed it: there is nobody left to work for."""

    exit_status = EXIT_NO_READER


class ReportNotPossible(VolunteerError):
    """The cluster does not fit into a report, and a part of it is never sent as the whole."""

    exit_status = EXIT_REFUSED


class NoCensus(VolunteerError):
    """What is at an address is no release of a census that this program can read."""

    exit_status = EXIT_REFUSED


class CensusUnavailable(VolunteerError):
    """A census does not answer now; it may later."""

    exit_status = EXIT_NOT_DELIVERED

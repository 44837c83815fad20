"""The errors of the volunteer: one clear line each, and the exit status that it leads to.

Outcomes of a delivery are values (`volunteer.delivery.rules`), not errors.
"""

from typing import ClassVar, Final

EXIT_DELIVERED: Final = 0
EXIT_USAGE: Final = 2
EXIT_CLUSTER: Final = 3
EXIT_REFUSED: Final = 4
EXIT_NOT_DELIVERED: Final = 5


class VolunteerError(Exception):
    """Base of every error that the volunteer raises on purpose. Its text is for people."""

    exit_code: ClassVar[int]


class UsageError(VolunteerError):
    """What the user asked for cannot be done, whatever the cluster and the collector say."""

    exit_code = EXIT_USAGE


class InvalidOption(UsageError):
    """A flag, or the environment variable that stands for it, breaks a rule."""

    def __init__(self, option: str, rule: str) -> None:
        super().__init__(f"{option}: {rule}")
        self.option = option
        self.rule = rule


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


class ReportNotPossible(VolunteerError):
    """The cluster does not fit into a report, and a part of it is never sent as the whole."""

    exit_code = EXIT_REFUSED

"""The errors of the volunteer: one clear line each, and the exit status that it leads to.

Outcomes of a delivery are values (`volunteer.delivery.rules`), not errors.
"""

from typing import ClassVar, Final

from volunteer.cluster.object_kinds import ObjectKind, Role

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


class ClusterError(VolunteerError):
    """The cluster could not be looked at. `server` is the address of its API."""

    exit_code = EXIT_CLUSTER

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"cluster at {server}: {why}")
        self.server = server
        self.why = why


class ClusterUnreachable(ClusterError):
    """No connection, or one that broke."""


class ClusterSilent(ClusterError):
    """The API server accepted a request and did not answer in time."""


class ClusterBusy(ClusterError):
    """The API server answered 429 or 5xx again and again."""


class ClusterTooSlow(ClusterError):
    """The cluster could not be listed within the time for one look."""


class ClusterCertificateRejected(ClusterError):
    """The API server's certificate is not signed by the CA that was configured."""


class ClusterUnauthorized(ClusterError):
    """The API server does not accept the credentials, even after they were read again (401)."""


class ClusterForbidden(ClusterError):
    """A rule of RBAC is missing (403)."""

    def __init__(self, server: str, *, kind: ObjectKind, role: Role, subject: str) -> None:
        needed = f", which {role.purpose} needs" if role.purpose else ""
        grants = "".join(f"\n  {command}" for command in role.commands(subject))
        super().__init__(
            server, f"forbids `list {kind.plural}` (RBAC){needed}; this grants it:{grants}"
        )


class ClusterAnswerUnexpected(ClusterError):
    """The server answered with something that is not the Kubernetes API."""


class ClusterNotServed(ClusterAnswerUnexpected):
    """The server has nothing at an address of the Kubernetes API (404)."""


class ClusterListExpired(ClusterError):
    """The list expired between two pages and has to be started again (410)."""


class ClusterListKeepsExpiring(ClusterError):
    """The list expired too often."""


class ReportNotPossible(VolunteerError):
    """The cluster does not fit into a report, and a part of it is never sent as the whole."""

    exit_code = EXIT_REFUSED

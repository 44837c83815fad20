"""The errors of observing a cluster: one line each; `volunteer.errors` has the others."""

from pathlib import Path

from volunteer.cluster.object_kinds import ObjectKind, Role
from volunteer.errors import EXIT_CLUSTER, NoClusterConfigured, VolunteerError


class ClusterError(VolunteerError):
    """The cluster could not be observed. `server` is the address of its API."""

    exit_status = EXIT_CLUSTER

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
    """The cluster could not be listed within the time for one observation."""


class ClusterCertificateRejected(ClusterError):
    """The API server's certificate is of another CA than was configured, or of another name."""


class ClusterUnauthorized(ClusterError):
    """The API server does not accept the credentials, even after they were read again (401)."""


class ClusterForbidden(ClusterError):
    """A rule of RBAC is missing (403)."""

    def __init__(self, server: str, *, kind: ObjectKind, role: Role, subject: str) -> None:
        needed = f", which {role.purpose} needs" if role.purpose else ""
        grants = " && ".join(role.commands(subject))
        super().__init__(
            server, f"forbids `list {kind.plural}` (RBAC){needed}; this grants it: {grants}"
        )


class ClusterAnswerUnexpected(ClusterError):
    """The server answered with something that is not the Kubernetes API."""


class ClusterNotServed(ClusterAnswerUnexpected):
    """The server has nothing at an address of the Kubernetes API (404)."""


class ClusterListExpired(ClusterError):
    """The list expired between two pages and has to be started again (410)."""


class ClusterListKeepsExpiring(ClusterError):
    """The list expired too often."""


class ClusterConnectionImpossible(ClusterError):
    """A connection fails in a way that trying again does not mend: a proxy that refuses, a server
    that does not accept the client's certificate or does not speak TLS.
    """


class ServiceAccountUnusable(NoClusterConfigured):
    """A file of the pod's service account breaks a rule."""

    def __init__(self, file: Path, rule: str) -> None:
        super().__init__(f"the pod's service account cannot be used: {file}: {rule}")


class InvalidKubeconfig(NoClusterConfigured):
    """A kubeconfig breaks a rule. `field` is a path in it, such as `users[0].user.token`, or "".

    The text quotes no value but names of entries, and of a plugin's command.
    """

    def __init__(self, file: str, field: str, rule: str) -> None:
        super().__init__(": ".join(part for part in (file, field, rule) if part))
        self.file = file
        self.field = field
        self.rule = rule

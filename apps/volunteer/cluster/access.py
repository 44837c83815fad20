"""How to reach the cluster: as a pod's service account, or as a kubeconfig says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct

from volunteer.redacted import Redacted

_SECRETS: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class ServiceAccount(Struct, frozen=True):
    """A pod's own identity. `host` and `port` are those of the API server, as texts."""

    host: str
    port: str
    token_file: Path
    ca_file: Path


class Kubeconfig(Struct, frozen=True):
    """A kubeconfig; None stands for kubectl's defaults of file and context."""

    file: Path | None = None
    context: str | None = None


ClusterAccess: TypeAlias = ServiceAccount | Kubeconfig


class Surroundings(Redacted, frozen=True):
    """What the way to a cluster depends on besides files.

    `environment` holds all variables: kubectl's own, and what a plugin is started with. `proxies`
    maps `http`, `https`, `all` and `no` to what the environment says of them. A helper, which is a
    plugin or an identity provider, may take `helper_seconds`, and `asking_seconds` where its user
    `is_interactive`: then a plugin may ask something.
    """

    environment: Mapping[str, str]
    proxies: Mapping[str, str]
    is_interactive: bool = False
    helper_seconds: float = 60.0
    asking_seconds: float = 300.0


def choose_access(
    *,
    kubeconfig: Path | None,
    context: str | None,
    environment: Mapping[str, str],
    secrets: Path = _SECRETS,
) -> ClusterAccess:
    """Return the service account in a pod, unless the user names a kubeconfig or a context.

    A pod is recognised as client-go does it (`rest.InClusterConfig`): by the two variables and
    the token file that every pod with a service account has.
    """
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "")
    token_file = secrets / "token"
    if kubeconfig is None and context is None and host and port and token_file.is_file():
        return ServiceAccount(host, port, token_file, secrets / "ca.crt")
    return Kubeconfig(kubeconfig, context)

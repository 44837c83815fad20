"""How to reach the cluster: as a pod's service account, or as a kubeconfig says.

Source: "Accessing the Kubernetes API from a Pod" in Kubernetes' documentation. The kubelet rewrites
the token's file while the pod lives.
"""

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct
from urllib3 import HTTPHeaderDict

from volunteer.cluster.errors import ServiceAccountUnusable
from volunteer.http.failures import Failure
from volunteer.http.proxies import Proxy
from volunteer.http.tls import TlsMaterialRefused, client_context
from volunteer.redacted import Redacted

BEARER_RULE: Final = "must hold a token: visible ASCII characters on one line"

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


class Endpoint(Redacted, frozen=True, kw_only=True):
    """One API server, and who asks.

    `server` is its address, without credentials. `credentials` returns the headers that say who
    asks, and is asked before each request: files of tokens are rewritten. `renewal` says what to
    renew when it does not accept them, `advice` what to do about a failure, and `warnings` what its
    user should know.
    """

    server: str
    route: Callable[[str], Proxy | None]
    tls: Callable[[], ssl.SSLContext]
    server_name: str | None = None
    credentials: Callable[[], HTTPHeaderDict]
    renewal: str
    advice: Mapping[Failure, str]
    warnings: tuple[str, ...] = ()


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


def service_account_endpoint(account: ServiceAccount) -> Endpoint:
    """Return the API server of the pod's own cluster, which is reached without any proxy.

    Raises `ServiceAccountUnusable`, also while requests are made: the token is read for each.
    """
    try:
        context = client_context(authority=_read(account.ca_file))
    except TlsMaterialRefused as error:
        raise ServiceAccountUnusable(account.ca_file, str(error)) from error
    _bearer_of(account.token_file)
    return Endpoint(
        server=server_address(account),
        route=lambda _url: None,
        tls=lambda: context,
        credentials=lambda: _bearer_of(account.token_file),
        renewal=(
            f"the token in {account.token_file} is not valid (any more);"
            " a new pod of an existing ServiceAccount gets another"
        ),
        advice={Failure.AUTHORITY: f"{account.ca_file} names the authorities to trust"},
    )


def server_address(account: ServiceAccount) -> str:
    """Return the address of the API server; one of IPv6 stands in brackets."""
    host = f"[{account.host}]" if ":" in account.host else account.host
    return f"https://{host}:{account.port}"


def _bearer_of(token_file: Path) -> HTTPHeaderDict:
    token = parse_token(_read(token_file).decode("utf-8", "replace"))
    if token is None:
        raise ServiceAccountUnusable(token_file, BEARER_RULE)
    return bearer(token)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ServiceAccountUnusable(file, f"cannot be read: {error.strerror}") from error


def parse_token(text: str) -> str | None:
    """Return the token in `text`, without the white space around it, as client-go reads a token's
    file; None where no header could carry it.
    """
    token = text.strip()
    return token if token and all("!" <= character <= "~" for character in token) else None


def bearer(token: str) -> HTTPHeaderDict:
    """Return the header of a bearer token (RFC 6750, section 2.1)."""
    return HTTPHeaderDict({"Authorization": f"Bearer {token}"})

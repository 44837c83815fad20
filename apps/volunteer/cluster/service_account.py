"""A pod's own identity: the address in two variables, and the files that the kubelet mounts.

Source: "Accessing the Kubernetes API from a Pod" in Kubernetes' documentation. The kubelet rewrites
the token's file while the pod lives.
"""

from pathlib import Path

from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import ServiceAccount
from volunteer.cluster.endpoint import BEARER_RULE, Endpoint, bearer, parse_token
from volunteer.cluster.errors import ServiceAccountUnusable
from volunteer.http.failures import Failure
from volunteer.http.tls import TlsMaterialRefused, client_context


def service_account_endpoint(account: ServiceAccount) -> Endpoint:
    """Return the API server of the pod's own cluster, which is reached without any proxy.

    Raises `ServiceAccountUnusable`, also while requests are made: the token is read for each.
    """
    try:
        context = client_context(authority=_read(account.ca_file))
    except TlsMaterialRefused as error:
        raise ServiceAccountUnusable(account.ca_file, str(error)) from error
    _credentials(account.token_file)
    return Endpoint(
        server=server_address(account),
        route=lambda _url: None,
        tls=lambda: context,
        credentials=lambda: _credentials(account.token_file),
        renewal=(
            f"the token in {account.token_file} is not valid (any more);"
            " a new pod of an existing ServiceAccount gets another"
        ),
        advice={Failure.CERTIFICATE: f"{account.ca_file} names the authorities to trust"},
    )


def server_address(account: ServiceAccount) -> str:
    """Return the address of the API server; one of IPv6 stands in brackets."""
    host = f"[{account.host}]" if ":" in account.host else account.host
    return f"https://{host}:{account.port}"


def _credentials(token_file: Path) -> HTTPHeaderDict:
    token = parse_token(_read(token_file).decode("utf-8", "replace"))
    if token is None:
        raise ServiceAccountUnusable(token_file, BEARER_RULE)
    return bearer(token)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ServiceAccountUnusable(file, f"cannot be read: {error.strerror}") from error

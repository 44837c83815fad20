"""The Kubernetes API over HTTP: GET requests with the credentials that were found."""

import logging
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import (
    ClusterAccess,
    Endpoint,
    Kubeconfig,
    ServiceAccount,
    Surroundings,
    service_account_endpoint,
)
from volunteer.cluster.errors import (
    ClusterAnswerUnexpected,
    ClusterCertificateRejected,
    ClusterConnectionImpossible,
    ClusterError,
    ClusterSilent,
    ClusterUnreachable,
)
from volunteer.http.client import HttpClient, Response
from volunteer.http.failures import Failure, RequestFailed
from volunteer.version import USER_AGENT

WHOLE: Final = "application/json"
"""Media type of whole objects."""

METADATA_OF_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Media type of lists without what the objects hold.

Source: "Retrieving only metadata" in the Kubernetes API concepts. Whole objects are no fallback.
"""

MOST_BYTES: Final = 256 * 1024 * 1024
"""More than any page of 500 nodes: etcd holds at most 1.5 MiB of one object."""

_ERRORS: Final[Mapping[Failure, type[ClusterError]]] = {
    Failure.SILENCE: ClusterSilent,
    Failure.BROKEN: ClusterUnreachable,
    Failure.TOO_LARGE: ClusterAnswerUnexpected,
    Failure.AUTHORITY: ClusterCertificateRejected,
    Failure.CERTIFICATE: ClusterCertificateRejected,
    Failure.CLIENT_CERTIFICATE: ClusterConnectionImpossible,
    Failure.NO_TLS: ClusterConnectionImpossible,
    Failure.PROXY: ClusterConnectionImpossible,
    Failure.PROXY_AWAY: ClusterUnreachable,
}

_log: Final = logging.getLogger(__name__)


class KubernetesApi:
    """GET requests to one API server."""

    def __init__(self, access: ClusterAccess, surroundings: Surroundings) -> None:
        """Raises `NoClusterConfigured` where `access` leads to no usable configuration."""
        self._access = access
        self._surroundings = surroundings
        self._connect()
        for warning in self._endpoint.warnings:
            _log.warning("%s", warning)

    @property
    def server(self) -> str:
        """The address of the API server, as configured, without credentials."""
        return self._endpoint.server

    @property
    def renewal(self) -> str:
        """What its user has to renew when the API server does not accept the credentials."""
        return self._endpoint.renewal

    def renew_credentials(self) -> None:
        """Read the credentials again: tokens are rotated while a pod lives.

        Raises `NoClusterConfigured`.
        """
        self.close()
        self._connect()

    def _connect(self) -> None:
        found = _endpoint(self._access, self._surroundings)
        self._endpoint = found
        self._client = HttpClient(route=found.route, tls=found.tls, server_name=found.server_name)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, path: str, query: Mapping[str, str], *, seconds: float, accept: str = WHOLE
    ) -> Response:
        """Return the response to one request, whatever its status; it may take so many `seconds`.

        `accept` is the media type to ask for. Raises `ClusterUnreachable` or `ClusterSilent` for
        what may pass, and another `ClusterError` for what will not; `NoClusterConfigured` where a
        token cannot be read.
        """
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        headers = HTTPHeaderDict(
            {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": USER_AGENT}
        )
        headers.extend(self._endpoint.credentials())
        try:
            response = self._client.request(
                "GET",
                f"{self.server}{path}{asked}",
                headers=headers,
                seconds=seconds,
                most_bytes=MOST_BYTES,
            )
        except RequestFailed as error:
            raise self._translated(error) from error
        if response.fault is not None:
            raise self._translated(response.fault) from response.fault
        return response

    def _translated(self, error: RequestFailed) -> ClusterError:
        advice = self._endpoint.advice.get(error.failure)
        words = f"{error} ({advice})" if advice else str(error)
        return _ERRORS[error.failure](self.server, words)


def _endpoint(access: ClusterAccess, surroundings: Surroundings) -> Endpoint:
    match access:
        case ServiceAccount():
            return service_account_endpoint(access)
        case Kubeconfig():
            # In a pod none of this is needed.
            from volunteer.cluster.kubeconfig.endpoint import kubeconfig_endpoint

            return kubeconfig_endpoint(access, surroundings)

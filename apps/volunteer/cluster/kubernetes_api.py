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
from volunteer.cluster.api import WHOLE, Answer
from volunteer.cluster.errors import (
    ClusterAnswerUnexpected,
    ClusterCertificateRejected,
    ClusterConnectionImpossible,
    ClusterError,
    ClusterSilent,
    ClusterUnreachable,
)
from volunteer.http.client import HttpClient
from volunteer.http.failures import Failure, RequestFailed
from volunteer.version import USER_AGENT

MOST_BYTES: Final = 256 * 1024 * 1024
"""More than any page of 500 nodes: etcd holds at most 1.5 MiB of one object."""

_ERRORS: Final[Mapping[Failure, type[ClusterError]]] = {
    Failure.SILENCE: ClusterSilent,
    Failure.BROKEN: ClusterUnreachable,
    Failure.TOO_LARGE: ClusterAnswerUnexpected,
    Failure.CERTIFICATE: ClusterCertificateRejected,
    Failure.CLIENT_CERTIFICATE: ClusterConnectionImpossible,
    Failure.NO_TLS: ClusterConnectionImpossible,
    Failure.PROXY: ClusterConnectionImpossible,
    Failure.PROXY_AWAY: ClusterUnreachable,
}

_log: Final = logging.getLogger(__name__)


class KubernetesApi:
    """The `ClusterApi` of a real cluster."""

    def __init__(self, access: ClusterAccess, surroundings: Surroundings) -> None:
        """Raises `NoClusterConfigured` where `access` leads to no usable configuration."""
        self._access = access
        self._surroundings = surroundings
        self._endpoint = _endpoint(access, surroundings)
        self._client = _client(self._endpoint)
        for warning in self._endpoint.warnings:
            _log.warning("%s", warning)

    @property
    def server(self) -> str:
        """See `ClusterApi.server`."""
        return self._endpoint.server

    @property
    def renewal(self) -> str:
        """See `ClusterApi.renewal`."""
        return self._endpoint.renewal

    def renew_credentials(self) -> None:
        """See `ClusterApi.renew_credentials`."""
        self.close()
        self._endpoint = _endpoint(self._access, self._surroundings)
        self._client = _client(self._endpoint)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, path: str, query: Mapping[str, str], *, seconds: float, accept: str = WHOLE
    ) -> Answer:
        """See `ClusterApi.get`."""
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        headers = HTTPHeaderDict(
            {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": USER_AGENT}
        )
        headers.extend(self._endpoint.credentials())
        try:
            came = self._client.request(
                "GET",
                f"{self.server}{path}{asked}",
                headers=headers,
                seconds=seconds,
                most_bytes=MOST_BYTES,
            )
        except RequestFailed as error:
            raise self._translated(error) from error
        if came.fault is not None:
            raise self._translated(came.fault) from came.fault
        return Answer(came.status, came.body, came.retry_after)

    def _translated(self, error: RequestFailed) -> ClusterError:
        advice = self._endpoint.advice.get(error.failure)
        words = f"{error} ({advice})" if advice else str(error)
        return _ERRORS[error.failure](self.server, words)


def _client(endpoint: Endpoint) -> HttpClient:
    return HttpClient(route=endpoint.route, tls=endpoint.tls, server_name=endpoint.server_name)


def _endpoint(access: ClusterAccess, surroundings: Surroundings) -> Endpoint:
    match access:
        case ServiceAccount():
            return service_account_endpoint(access)
        case Kubeconfig():
            # In a pod none of this is needed.
            from volunteer.cluster.kubeconfig.endpoint import kubeconfig_endpoint

            return kubeconfig_endpoint(access, surroundings)

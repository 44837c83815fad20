"""The raw route to a Kubernetes API. The one module that imports `kubernetes`.

The client library brings configuration, credentials, TLS and the connection: its
`RESTClientObject`, whose bodies are bytes. Its `ApiClient`, which makes models of them, takes a
tenth of a second to import, and ten times the time and memory of the few fields that are needed.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import urllib3
from kubernetes.client.configuration import Configuration
from kubernetes.client.exceptions import ApiException
from kubernetes.client.rest import RESTClientObject
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.incluster_config import InClusterConfigLoader

from volunteer import network
from volunteer.cluster.access import ClusterAccess, Kubeconfig, ServiceAccount
from volunteer.cluster.api import WHOLE, Answer
from volunteer.cluster.errors import (
    ClusterAnswerUnexpected,
    ClusterCertificateRejected,
    ClusterError,
    ClusterSilent,
    ClusterUnreachable,
)
from volunteer.cluster.lean_imports import put_off
from volunteer.errors import NoClusterConfigured
from volunteer.version import USER_AGENT

MOST_BYTES: Final = 256 * 1024 * 1024
"""More than any page of 500 nodes: etcd holds at most 1.5 MiB of one object."""

_FAULTS: Final = (ApiException, urllib3.exceptions.HTTPError, OSError)


class KubernetesApi:
    """The `ClusterApi` of a real cluster."""

    def __init__(self, access: ClusterAccess, *, now: Callable[[], float]) -> None:
        """Raises `NoClusterConfigured` where `access` leads to no usable configuration."""
        self._access = access
        self._now = now
        self._client = _client(access)

    @property
    def server(self) -> str:
        """The address of the API server, as configured."""
        return str(self._client.configuration.host)

    def renew_credentials(self) -> None:
        """See `ClusterApi.renew_credentials`."""
        self.close()
        self._client = _client(self._access)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, path: str, query: Mapping[str, str], *, seconds: float, accept: str = WHOLE
    ) -> Answer:
        """See `ClusterApi.get`."""
        try:
            return self._exchange(path, query, seconds, accept)
        except network.AnswerTooLarge as error:
            why = f"answered with more than {MOST_BYTES} bytes"
            raise ClusterAnswerUnexpected(self.server, why) from error
        except (*_FAULTS, network.AnswerTooSlow) as error:
            raise self._translated(error) from error

    def _exchange(self, path: str, query: Mapping[str, str], seconds: float, accept: str) -> Answer:
        deadline = self._now() + seconds
        asked = f"?{urlencode(query, quote_via=quote)}" if query else ""
        response = self._client.request(
            "GET",
            f"{self.server}{path}{asked}",
            headers={
                "Accept": accept,
                "Accept-Encoding": "gzip",
                "User-Agent": USER_AGENT,
                **_authorisation(self._client.configuration),
            },
            _request_timeout=seconds,
        ).response
        try:
            body = network.read_body(
                response, most_bytes=MOST_BYTES, deadline=deadline, now=self._now
            )
        except BaseException:
            response.close()
            raise
        return Answer(response.status, body, network.retry_after(response))

    def _translated(self, error: Exception) -> ClusterError:
        problem = network.certificate_problem(error)
        if problem is not None:
            why = f"its certificate is not accepted: {problem}"
            return ClusterCertificateRejected(self.server, why)
        kind = ClusterSilent if network.is_silence(error) else ClusterUnreachable
        return kind(self.server, network.in_words(error))


def _client(access: ClusterAccess) -> RESTClientObject:
    configuration = _configuration(access)
    configuration.retries = network.NO_RETRIES
    return RESTClientObject(configuration)


def _authorisation(configuration: Configuration) -> dict[str, str]:
    """Return the header that tells who asks, if any; the library reads a token file that rotates
    again here, when a minute has passed.
    """
    token = configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
    return {} if token is None else {"Authorization": token}


def _configuration(access: ClusterAccess) -> Configuration:
    match access:
        case ServiceAccount():
            return _from_service_account(access)
        case Kubeconfig():
            return _from_kubeconfig(access)


def _from_service_account(access: ServiceAccount) -> Configuration:
    configuration = Configuration()
    environment = {
        "KUBERNETES_SERVICE_HOST": access.host,
        "KUBERNETES_SERVICE_PORT": access.port,
    }
    try:
        InClusterConfigLoader(
            token_filename=str(access.token_file),
            cert_filename=str(access.ca_file),
            environ=environment,
        ).load_and_set(configuration)
    except (ConfigException, OSError) as error:
        raise NoClusterConfigured(f"the pod's service account cannot be used: {error}") from error
    return configuration


def _from_kubeconfig(access: Kubeconfig) -> Configuration:
    # In a pod none of this is needed.
    import yaml

    _import_without_openid()
    from kubernetes.config.kube_config import load_kube_config

    name = "the kubeconfig" if access.file is None else str(access.file)
    if access.file is not None:
        _check_readable(access.file)
    configuration = Configuration()
    try:
        load_kube_config(
            config_file=None if access.file is None else str(access.file),
            context=access.context,
            client_configuration=configuration,
            persist_config=False,
        )
    except ConfigException as error:
        hint = " (not in a pod: name one with --kubeconfig)" if access.file is None else ""
        raise NoClusterConfigured(f"{name} cannot be used: {error}{hint}") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        # Only to renew an identity of OpenID Connect does the library ask somebody by itself.
        why = network.in_words(error)
        raise NoClusterConfigured(f"{name} cannot be used to get a new identity: {why}") from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError) as error:
        # The library takes the shape of the file for granted.
        raise NoClusterConfigured(f"{name} is not a kubeconfig") from error
    except Exception as error:  # oauthlib's, which is not imported but for this
        why = type(error).__name__
        raise NoClusterConfigured(f"{name} cannot be used to get a new identity: {why}") from error
    if not configuration.verify_ssl:
        # The kubeconfig says so; urllib3 would repeat its warning with every request.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return configuration


def _import_without_openid() -> None:
    """Import what reads a kubeconfig; what it needs for OpenID Connect alone is imported with the
    first call. A version of the library that needs it for more is imported whole, by the caller.
    """
    with (
        suppress(ImportError, AttributeError, TypeError),
        put_off(
            "oauthlib.oauth2", "requests_oauthlib:OAuth2Session", "kubernetes.client:ApiClient"
        ),
    ):
        import_module("kubernetes.config.kube_config")


def _check_readable(file: Path) -> None:
    """The library takes a file that is missing for one that is empty."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise NoClusterConfigured(f"{file} cannot be read: {error.strerror}") from error

"""The official `kubernetes` client takes the simulator for an API server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import pytest
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.incluster_config import InClusterConfigLoader

from tools.simulator import (
    Cluster,
    ExpiredToken,
    Forbidden,
    Rule,
    Script,
    Simulator,
    running_simulator,
)

NODES = "/api/v1/nodes"


class Loader(Protocol):
    """Fills a client's configuration."""

    def load_and_set(self, configuration: client.Configuration) -> None:
        """Set the address, the CA and the token."""


# The client's configuration modules have no type hints.
in_cluster_loader = cast("Callable[..., Loader]", InClusterConfigLoader)
new_client = cast("Callable[[str], client.ApiClient]", config.new_client_from_config)


@contextmanager
def connected(
    directory: Path, *, script: Script | None = None, nodes: int = 12, token: str | None = None
) -> Iterator[tuple[Simulator, client.ApiClient]]:
    """Run a simulator with TLS and a client that found it through a kubeconfig."""
    cluster = Cluster.generate(nodes=nodes)
    with running_simulator(cluster, script=script, tls=True) as simulator:
        path = simulator.kubeconfig(directory / "kubeconfig", token=token)
        with new_client(str(path)) as api_client:
            yield simulator, api_client


def test_version(tmp_path: Path) -> None:
    """The client reads the version."""
    with connected(tmp_path) as (_, api_client):
        assert client.VersionApi(api_client).get_code().git_version.startswith("v1.")


def test_paged_nodes(tmp_path: Path) -> None:
    """The client lists each node once, page by page, with the typed fields filled."""
    with connected(tmp_path) as (simulator, api_client):
        api = client.CoreV1Api(api_client)
        page = api.list_node(limit=5).to_dict(serialize=True)
        nodes = page["items"]
        while token := page["metadata"].get("continue"):
            page = api.list_node(limit=5, _continue=token).to_dict(serialize=True)
            nodes += page["items"]
        pages = sum(request.path == NODES for request in simulator.requests)
    names = [node["metadata"]["name"] for node in nodes]
    assert names == sorted(set(names))
    assert (len(names), pages) == (12, 3)
    assert all(node["status"]["nodeInfo"]["machineID"] for node in nodes)


def test_kube_system(tmp_path: Path) -> None:
    """The client reads the UID of the `kube-system` namespace."""
    with connected(tmp_path) as (_, api_client):
        namespace = client.CoreV1Api(api_client).read_namespace("kube-system")
    assert len(namespace.to_dict(serialize=True)["metadata"]["uid"]) == 36


def test_expired(tmp_path: Path) -> None:
    """The client sees an expired token as a 410."""
    script = Script(rules=(Rule(path=NODES, fault=ExpiredToken(), first=2),))
    with connected(tmp_path, script=script) as (_, api_client):
        api = client.CoreV1Api(api_client)
        token = api.list_node(limit=5).to_dict(serialize=True)["metadata"]["continue"]
        with pytest.raises(ApiException) as refusal:
            api.list_node(limit=5, _continue=token)
    assert refusal.value.status == 410


def test_forbidden(tmp_path: Path) -> None:
    """The client sees what RBAC lacks."""
    script = Script(rules=(Rule(path=NODES, fault=Forbidden()),))
    with (
        connected(tmp_path, script=script) as (_, api_client),
        pytest.raises(ApiException, match="cannot list resource") as refusal,
    ):
        client.CoreV1Api(api_client).list_node()
    assert refusal.value.status == 403


def test_service_account(tmp_path: Path) -> None:
    """The client enters as from a pod, with the service account's files."""
    script = Script(token="right")
    with running_simulator(Cluster.generate(nodes=3), script=script, tls=True) as simulator:
        simulator.service_account(tmp_path, token="right")
        configuration = client.Configuration()
        in_cluster_loader(
            token_filename=str(tmp_path / "token"),
            cert_filename=str(tmp_path / "ca.crt"),
            environ={
                "KUBERNETES_SERVICE_HOST": simulator.host,
                "KUBERNETES_SERVICE_PORT": str(simulator.port),
            },
        ).load_and_set(configuration)
        with client.ApiClient(configuration) as api_client:
            assert len(client.CoreV1Api(api_client).list_node().items) == 3


@pytest.mark.parametrize(("token", "status"), [("right", None), ("wrong", 401)])
def test_token(tmp_path: Path, token: str, status: int | None) -> None:
    """The client's token from the kubeconfig is checked."""
    seen: int | None = None
    with connected(tmp_path, script=Script(token="right"), token=token) as (_, api_client):
        try:
            client.CoreV1Api(api_client).list_node()
        except ApiException as error:
            seen = error.status
    assert seen == status

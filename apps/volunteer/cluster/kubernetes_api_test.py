"""The way to the API server: configuration, credentials, TLS, compression."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from tools.simulator import Cluster as Simulated
from tools.simulator import RotateToken, Rule, Script, running_simulator
from tools.simulator.access import write_service_account
from volunteer.clock import system_clock
from volunteer.cluster.access import Kubeconfig, ServiceAccount
from volunteer.cluster.errors import ClusterCertificateRejected
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.testing import expired_identity, says_json
from volunteer.delivery.testing import running_collector
from volunteer.errors import NoClusterConfigured

_TWO = Simulated.generate(nodes=2, seed=1)
_NOW = system_clock().now


def _get_nodes(access: Kubeconfig | ServiceAccount) -> int:
    with closing(KubernetesApi(access, now=_NOW)) as api:
        return api.get("/api/v1/nodes", {"limit": "500"}, seconds=10.0).status


def test_private_authority(tmp_path: Path) -> None:
    """The CA of the kubeconfig makes the API server's certificate valid."""
    with running_simulator(_TWO, tls=True) as simulator:
        assert _get_nodes(Kubeconfig(simulator.kubeconfig(tmp_path / "config"))) == 200


def test_wrong_authority(tmp_path: Path) -> None:
    """A certificate of another CA is an error of its own, and nothing is asked."""
    with running_simulator(_TWO, tls=True) as simulator:
        file = simulator.kubeconfig(tmp_path / "config", certificate_authority=False)
        with pytest.raises(ClusterCertificateRejected, match="its certificate is not accepted: "):
            _get_nodes(Kubeconfig(file))
        assert simulator.requests == ()


def test_service_account(tmp_path: Path) -> None:
    """A pod's service account opens the cluster."""
    write_service_account(tmp_path, token="secret")
    with running_simulator(_TWO, tls=True, script=Script(token="secret")) as simulator:
        access = ServiceAccount(
            simulator.host, str(simulator.port), tmp_path / "token", tmp_path / "ca.crt"
        )
        assert _get_nodes(access) == 200
    assert simulator.requests[0].headers["authorization"] == "bearer secret"


@pytest.mark.parametrize(
    ("user", "authorisation"),
    [
        ({}, None),
        ({"token": "secret"}, "Bearer secret"),
        ({"tokenFile": "token"}, "Bearer from the file"),
        ({"username": "jo", "password": "secret"}, "Basic am86c2VjcmV0"),
        (
            {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": "cat",
                    "args": ["credential.json"],
                }
            },
            "Bearer of the plugin",
        ),
    ],
)
def test_credentials(tmp_path: Path, user: dict[str, object], authorisation: str | None) -> None:
    """A kubeconfig's user is who asks: by token, file of a token, password, plugin, or nobody."""
    (tmp_path / "token").write_text("from the file")
    (tmp_path / "credential.json").write_text(
        '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",'
        ' "status": {"token": "of the plugin"}}'
    )
    with running_simulator(_TWO) as simulator:
        file = simulator.kubeconfig(tmp_path / "config")
        kubeconfig = json.loads(file.read_text())
        kubeconfig["users"][0]["user"] = user
        file.write_text(json.dumps(kubeconfig))
        assert _get_nodes(Kubeconfig(file)) == 200
    assert simulator.requests[0].headers.get("authorization") == authorisation


def test_query(tmp_path: Path) -> None:
    """A query arrives as it was asked, whatever its characters."""
    query = {"continue": "a+b/c=&d e", "limit": "500"}
    with running_simulator(_TWO) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, now=_NOW)) as api:
            api.get("/api/v1/nodes", query, seconds=10.0)
            api.get("/version", {}, seconds=10.0)
    assert [request.query for request in simulator.requests] == [query, {}]


def test_renewed_token(tmp_path: Path) -> None:
    """Credentials are read again when asked to, however fresh they are."""
    write_service_account(tmp_path, token="old")
    rotation = RotateToken(token="new", token_file=tmp_path / "token")
    script = Script(rules=(Rule(path="/version", fault=rotation),), token="old")
    with running_simulator(_TWO, tls=True, script=script) as simulator:
        access = ServiceAccount(
            simulator.host, str(simulator.port), tmp_path / "token", tmp_path / "ca.crt"
        )
        with closing(KubernetesApi(access, now=_NOW)) as api:
            assert api.get("/version", {}, seconds=10.0).status == 401
            api.renew_credentials()
            assert api.get("/version", {}, seconds=10.0).status == 200


def test_compression(tmp_path: Path) -> None:
    """Answers travel compressed and arrive as JSON."""
    with running_simulator(Simulated.generate(nodes=50, seed=1)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, now=_NOW)) as api:
            answer = api.get("/api/v1/nodes", {"limit": "500"}, seconds=10.0)
    assert answer.body.startswith(b'{"kind":"NodeList"')
    assert simulator.requests[0].headers["accept-encoding"] == "gzip"


def test_nothing_is_printed_of_an_answer(tmp_path: Path) -> None:
    """An answer's repr does not show its body."""
    with running_simulator(_TWO) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, now=_NOW)) as api:
            answer = api.get("/api/v1/nodes", {"limit": "500"}, seconds=10.0)
    assert "NodeList" not in repr(answer)


def test_missing_kubeconfig(tmp_path: Path) -> None:
    """A kubeconfig that is not there is named."""
    file = tmp_path / "none"
    with pytest.raises(NoClusterConfigured) as refusal:
        KubernetesApi(Kubeconfig(file), now=_NOW)
    assert str(refusal.value) == f"{file} cannot be read: No such file or directory"


@pytest.mark.parametrize(
    "content", ["", "[]", "text", "a: [", "\0", "{}", '{"clusters": 5}', "contexts: [{}]"]
)
def test_bad_kubeconfig(tmp_path: Path, content: str) -> None:
    """Whatever a kubeconfig holds instead, the line names the file."""
    file = tmp_path / "config"
    file.write_text(content)
    with pytest.raises(NoClusterConfigured, match=f"^{file} (is not|cannot be used)"):
        KubernetesApi(Kubeconfig(file), now=_NOW)


def test_unknown_context(tmp_path: Path) -> None:
    """A context that the kubeconfig does not have is named."""
    with running_simulator(_TWO) as simulator:
        file = simulator.kubeconfig(tmp_path / "config")
    with pytest.raises(NoClusterConfigured, match="object with name other"):
        KubernetesApi(Kubeconfig(file, "other"), now=_NOW)


def test_service_account_without_authority(tmp_path: Path) -> None:
    """A service account without its CA file cannot be used."""
    write_service_account(tmp_path, token="secret")
    (tmp_path / "ca.crt").unlink()
    access = ServiceAccount("127.0.0.1", "1", tmp_path / "token", tmp_path / "ca.crt")
    with pytest.raises(NoClusterConfigured, match="the pod's service account cannot be used"):
        KubernetesApi(access, now=_NOW)


def test_identity_that_cannot_be_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong at the issuer of an identity is told in one line that names the file."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    nobody = "http://127.0.0.1:1"
    refused = says_json(400, {"error": "invalid_grant"})
    with (
        running_simulator(_TWO) as simulator,
        running_collector(refused) as tokens,
        running_collector(says_json(200, {"token_endpoint": tokens.url})) as strict,
        running_collector(says_json(200, {"token_endpoint": nobody})) as half,
        running_collector(says_json(200, [])) as odd,
    ):
        for issuer in (nobody, strict.url, half.url, odd.url):
            file = expired_identity(simulator, tmp_path, issuer=issuer)
            with pytest.raises(NoClusterConfigured, match=f"^{file} (is|cannot be) [a-zA-Z :]+$"):
                _get_nodes(Kubeconfig(file))

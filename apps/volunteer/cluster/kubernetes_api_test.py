"""The way to the API server: configuration, credentials, TLS, compression."""

from contextlib import closing
from pathlib import Path

import pytest

from tools.simulator import Cluster as Simulated
from tools.simulator import RotateToken, Rule, Script, running_simulator
from tools.simulator.access import write_service_account
from volunteer.cluster.access import (
    Kubeconfig,
    ServiceAccount,
    Surroundings,
    server_address,
    service_account_endpoint,
)
from volunteer.cluster.errors import ClusterCertificateRejected
from volunteer.cluster.kubeconfig.endpoint import kubeconfig_endpoint
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.testing import ALONE, expired_identity, says_json
from volunteer.delivery.testing import running_collector
from volunteer.errors import NoClusterConfigured

_TWO = Simulated.generate(nodes=2, seed=1)


def _get_nodes(access: Kubeconfig | ServiceAccount) -> int:
    with closing(KubernetesApi(access, ALONE)) as api:
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
    assert simulator.requests[0].headers["authorization"] == "Bearer secret"


def test_query(tmp_path: Path) -> None:
    """A query arrives as it was asked, whatever its characters."""
    query = {"continue": "a+b/c=&d e", "limit": "500"}
    with running_simulator(_TWO) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, ALONE)) as api:
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
        with closing(KubernetesApi(access, ALONE)) as api:
            assert api.get("/version", {}, seconds=10.0).status == 401
            api.renew_credentials()
            assert api.get("/version", {}, seconds=10.0).status == 200


def test_compression(tmp_path: Path) -> None:
    """Answers travel compressed and arrive as JSON."""
    with running_simulator(Simulated.generate(nodes=50, seed=1)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, ALONE)) as api:
            answer = api.get("/api/v1/nodes", {"limit": "500"}, seconds=10.0)
    assert answer.body.startswith(b'{"kind":"NodeList"')
    assert simulator.requests[0].headers["accept-encoding"] == "gzip"


def test_nothing_is_printed_of_an_answer(tmp_path: Path) -> None:
    """An answer's repr does not show its body."""
    with running_simulator(_TWO) as simulator:
        access = Kubeconfig(simulator.kubeconfig(tmp_path / "config"))
        with closing(KubernetesApi(access, ALONE)) as api:
            answer = api.get("/api/v1/nodes", {"limit": "500"}, seconds=10.0)
    assert "NodeList" not in repr(answer)


def test_service_account_without_authority(tmp_path: Path) -> None:
    """A service account without its CA file cannot be used."""
    write_service_account(tmp_path, token="secret")
    (tmp_path / "ca.crt").unlink()
    access = ServiceAccount("127.0.0.1", "1", tmp_path / "token", tmp_path / "ca.crt")
    with pytest.raises(NoClusterConfigured, match="the pod's service account cannot be used"):
        KubernetesApi(access, ALONE)


def test_authority_of_a_pod_that_is_none(tmp_path: Path) -> None:
    """A CA file that holds no certificate is named."""
    write_service_account(tmp_path, token="secret")
    (tmp_path / "ca.crt").write_text("none")
    access = ServiceAccount("127.0.0.1", "1", tmp_path / "token", tmp_path / "ca.crt")
    with pytest.raises(NoClusterConfigured, match=r"ca\.crt: holds no certificate in PEM form$"):
        KubernetesApi(access, ALONE)


@pytest.mark.parametrize("token", ["secret\n", " secret ", "secret\r\n"])
def test_white_space_around_a_token(tmp_path: Path, token: str) -> None:
    """White space around a pod's token is cut off, as client-go does."""
    write_service_account(tmp_path, token=token)
    with running_simulator(_TWO, tls=True, script=Script(token="secret")) as simulator:
        access = ServiceAccount(
            simulator.host, str(simulator.port), tmp_path / "token", tmp_path / "ca.crt"
        )
        assert _get_nodes(access) == 200


@pytest.mark.parametrize("token", ["", "\n", "canary\ncanary", "canary canary", "a\0", "a\xe4"])
def test_no_token(tmp_path: Path, token: str) -> None:
    """A file that holds no token is named, and what it holds instead is not shown."""
    write_service_account(tmp_path, token=token)
    access = ServiceAccount("127.0.0.1", "1", tmp_path / "token", tmp_path / "ca.crt")
    with pytest.raises(NoClusterConfigured) as refusal:
        KubernetesApi(access, ALONE)
    assert str(refusal.value) == (
        f"the pod's service account cannot be used: {tmp_path}/token:"
        " must hold a token: visible ASCII characters on one line"
    )


def test_token_that_goes_missing(tmp_path: Path) -> None:
    """A token's file that can no longer be read stops the next request."""
    write_service_account(tmp_path, token="secret")
    access = ServiceAccount("127.0.0.1", "1", tmp_path / "token", tmp_path / "ca.crt")
    with closing(KubernetesApi(access, ALONE)) as api:
        (tmp_path / "token").unlink()
        with pytest.raises(NoClusterConfigured, match="token: cannot be read: No such file"):
            api.get("/version", {}, seconds=1.0)


def test_token_rotates_between_requests(tmp_path: Path) -> None:
    """The token of a pod is read for each request."""
    write_service_account(tmp_path, token="old")
    with running_simulator(_TWO, tls=True) as simulator:
        access = ServiceAccount(
            simulator.host, str(simulator.port), tmp_path / "token", tmp_path / "ca.crt"
        )
        with closing(KubernetesApi(access, ALONE)) as api:
            api.get("/version", {}, seconds=10.0)
            (tmp_path / "token").write_text("new")
            api.get("/version", {}, seconds=10.0)
    sent = [request.headers["authorization"] for request in simulator.requests]
    assert sent == ["Bearer old", "Bearer new"]


def test_address_of_a_pod() -> None:
    """The address in a pod's variables may be of IPv6."""
    account = ServiceAccount("fd00::1", "443", Path("token"), Path("ca.crt"))
    assert server_address(account) == "https://[fd00::1]:443"


def test_no_proxy_in_a_pod(tmp_path: Path) -> None:
    """The API server of a pod's own cluster is reached without any proxy."""
    write_service_account(tmp_path, token="secret")
    account = ServiceAccount("10.0.0.1", "443", tmp_path / "token", tmp_path / "ca.crt")
    endpoint = service_account_endpoint(account)
    assert endpoint.route("https://10.0.0.1:443/version") is None


def test_no_proxy_of_the_environment_for_plain_http(tmp_path: Path) -> None:
    """A proxy that the environment names is shown no request that it could read."""
    file = tmp_path / "kubeconfig"
    file.write_text(
        "{apiVersion: v1, kind: Config, current-context: a,"
        " clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}],"
        " contexts: [{name: a, context: {cluster: a}}]}",
        encoding="utf-8",
    )
    surroundings = Surroundings(environment={}, proxies={"all": "http://proxy:3128"})
    route = kubeconfig_endpoint(Kubeconfig(file), surroundings).route
    assert route("http://api.example/version") is None
    assert route("https://api.example/version") is not None


def test_identity_that_cannot_be_renewed(tmp_path: Path) -> None:
    """Whatever goes wrong at the issuer of an identity is told in one line that names the field."""
    nobody = "http://127.0.0.1:1"
    refused = says_json(400, {"error": "invalid_grant"})
    with (
        running_simulator(_TWO) as simulator,
        running_collector(refused) as tokens,
        running_collector(says_json(200, {"token_endpoint": tokens.url})) as strict,
        running_collector(says_json(200, {"token_endpoint": nobody})) as half,
        running_collector(says_json(200, {"token_endpoint": "http://10.0.0.1/"})) as open_way,
        running_collector(says_json(200, [])) as odd,
    ):
        for issuer, why in (
            (nobody, "connection refused"),
            (strict.url, "answered 400: log in again"),
            (half.url, "connection refused"),
            (open_way.url, "must be at https: http would send the refresh token in the clear"),
            (odd.url, "no answer as OpenID Connect has it"),
        ):
            file = expired_identity(simulator, tmp_path, issuer=issuer)
            with pytest.raises(NoClusterConfigured) as refusal:
                _get_nodes(Kubeconfig(file))
            field = "users[0].user.auth-provider.config.idp-issuer-url"
            assert str(refusal.value) == f"{file}: {field}: the identity provider: {why}"


def test_refresh(tmp_path: Path) -> None:
    """An expired identity is refreshed as OAuth 2.0 has it (RFC 6749, section 6)."""
    new = {"id_token": "new", "refresh_token": "old", "token_type": "Bearer"}
    with (
        running_collector(says_json(200, new)) as tokens,
        running_collector(says_json(200, {"token_endpoint": tokens.url})) as issuer,
        running_simulator(_TWO, script=Script(token="new")) as simulator,
    ):
        assert _get_nodes(Kubeconfig(expired_identity(simulator, tmp_path, issuer=issuer.url)))
    assert issuer.received[0].target == "/.well-known/openid-configuration"
    assert tokens.received[0].body == b"grant_type=refresh_token&refresh_token=old"
    assert tokens.received[0].headers["authorization"] == "Basic dm9sdW50ZWVyOnNlY3JldA=="

"""How the cluster is reached."""

from pathlib import Path

from volunteer.cluster.access import ClusterAccess, Kubeconfig, ServiceAccount, choose_access

_IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def _choose(secrets: Path, environment: dict[str, str], **flags: str) -> ClusterAccess:
    file = flags.get("kubeconfig")
    return choose_access(
        kubeconfig=None if file is None else Path(file),
        context=flags.get("context"),
        environment=environment,
        secrets=secrets,
    )


def test_in_a_pod(tmp_path: Path) -> None:
    """A pod uses its service account."""
    (tmp_path / "token").write_text("t")
    access = _choose(tmp_path, _IN_A_POD)
    assert access == ServiceAccount("10.0.0.1", "443", tmp_path / "token", tmp_path / "ca.crt")


def test_elsewhere(tmp_path: Path) -> None:
    """Elsewhere kubectl's defaults hold."""
    assert _choose(tmp_path, {}) == Kubeconfig()


def test_pod_without_account(tmp_path: Path) -> None:
    """A pod without a mounted token has no service account to use."""
    assert _choose(tmp_path, _IN_A_POD) == Kubeconfig()


def test_flags_win(tmp_path: Path) -> None:
    """A kubeconfig or context that the user names wins over the service account."""
    (tmp_path / "token").write_text("t")
    named = Kubeconfig(Path("/a/config"))
    assert _choose(tmp_path, _IN_A_POD, kubeconfig="/a/config") == named
    assert _choose(tmp_path, _IN_A_POD, context="other") == Kubeconfig(None, "other")

"""How a client finds and enters the simulated cluster: a kubeconfig, a pod's service account."""

from base64 import b64encode
from pathlib import Path

from tools.simulator.certificates import authority_pem
from tools.simulator.messages import JsonObject

_NAME = "simulator"


def kubeconfig_document(*, url: str, token: str | None, with_ca: bool) -> JsonObject:
    """Make a kubeconfig; written as JSON it is YAML too."""
    server = {"server": url}
    if with_ca:
        server["certificate-authority-data"] = b64encode(authority_pem().encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": server}],
        "users": [{"name": _NAME, "user": {} if token is None else {"token": token}}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
    }


def write_service_account(directory: Path, *, token: str) -> None:
    """Write the files that the kubelet mounts into a pod: `token`, `ca.crt`, `namespace`."""
    (directory / "token").write_text(token)
    (directory / "ca.crt").write_text(authority_pem())
    (directory / "namespace").write_text("spartakus")

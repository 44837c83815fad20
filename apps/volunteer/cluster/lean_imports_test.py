"""What a look at a cluster imports. Each test needs an interpreter of its own."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from tools.simulator import Cluster, Script, running_simulator
from tools.simulator.access import write_service_account
from volunteer.cluster.testing import expired_identity, says_json
from volunteer.delivery.testing import running_collector

_ONE: Final = Cluster.generate(nodes=1, seed=1)
_NOT_NEEDED: Final = {
    "kubernetes.client.api.core_v1_api",
    "kubernetes.client.api_client",
    "kubernetes.dynamic",
    "oauthlib.oauth2",
    "pydantic",
    "requests",
    "requests_oauthlib",
    "rich",
    "websocket",
}
_LOOK: Final = """
import json, sys
from volunteer.main import main

status = main(["--cluster-id=x", "--period=0", "--kubeconfig=" + sys.argv[1]])
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""
_LOOK_WITH_CHANGED_LIBRARY: Final = f"""
import sys
from volunteer.cluster.lean_imports import pass_over

pass_over("kubernetes", "kubernetes.config")
import kubernetes.config

kubernetes.config.__path__.insert(0, sys.argv[2])
{_LOOK}
"""
_LOOK_IN_A_POD: Final = """
import json, sys
from pathlib import Path
from volunteer.cluster.lean_imports import pass_over

pass_over("kubernetes", "kubernetes.config", "kubernetes.utils")
from volunteer.cluster.access import ServiceAccount
from volunteer.cluster.kubernetes_api import KubernetesApi

host, port, files = sys.argv[1], sys.argv[2], Path(sys.argv[3])
api = KubernetesApi(ServiceAccount(host, port, files / "token", files / "ca.crt"), now=float)
print(json.dumps([api.get("/version", {}, seconds=10.0).status, sorted(sys.modules)]))
"""
_IMPORT: Final = """
import sys
from volunteer.cluster.lean_imports import pass_over

pass_over("kubernetes", "kubernetes.config", "not_installed")
import kubernetes.client.api_client, kubernetes.config.kube_config
print(kubernetes.config.kube_config.load_kube_config.__name__, "not_installed" in sys.modules)
"""
_PUT_OFF: Final = """
import json, sys
from volunteer.cluster.lean_imports import put_off

with put_off("wave:open", "json:loads", "json:none", "html.parser"):
    from wave import open as open_wave
    from json import loads, none
    import html.parser
print({"wave", "html.parser"}.isdisjoint(sys.modules), hasattr(json, "none"), loads is json.loads)
try:
    open_wave("/dev/null")
except EOFError:
    print("wave" in sys.modules)
"""


def _run(code: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _modules_of_a_look(code: str, *arguments: object, **variables: str) -> set[str]:
    """Run one of the looks above, which has to succeed, and return what it imported."""
    finished = _run(code, *arguments, **variables)
    status, modules = json.loads((finished.stdout + finished.stderr).splitlines()[-1])
    assert status in {0, 200}
    return set(modules)


def test_modules_work() -> None:
    """Modules of a package that was passed over are whole, and a missing package stays missing."""
    assert _run(_IMPORT).stdout == "load_kube_config False\n"


def test_put_off() -> None:
    """A call imports what was put off; what was there already is itself; no stand-in is left."""
    assert _run(_PUT_OFF).stdout == "True False True\nTrue\n"


def test_modules_of_a_look(tmp_path: Path) -> None:
    """A report imports neither web sockets nor OAuth nor the client's models and APIs."""
    with running_simulator(_ONE) as simulator:
        modules = _modules_of_a_look(_LOOK, simulator.kubeconfig(tmp_path / "kubeconfig"))
    assert {"kubernetes.client.rest", "kubernetes.config.kube_config"} <= modules
    assert not _NOT_NEEDED & modules


def test_modules_in_a_pod(tmp_path: Path) -> None:
    """In a pod, what reads kubeconfigs is not imported either."""
    write_service_account(tmp_path, token="secret")
    with running_simulator(_ONE, tls=True, script=Script(token="secret")) as simulator:
        modules = _modules_of_a_look(_LOOK_IN_A_POD, simulator.host, simulator.port, tmp_path)
    assert not {"yaml", "kubernetes.config.kube_config", *_NOT_NEEDED} & modules


@pytest.mark.parametrize(
    "line", ["from requests_oauthlib import OAuth1", "class Session(OAuth2Session): pass"]
)
def test_changed_library(tmp_path: Path, line: str) -> None:
    """A client library that needs more of what was put off than a call is imported whole."""
    spec = find_spec("kubernetes.config.kube_config")
    assert spec is not None
    assert spec.origin is not None
    (tmp_path / "kube_config.py").write_text(f"{Path(spec.origin).read_text()}\n{line}\n")
    with running_simulator(_ONE) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        modules = _modules_of_a_look(_LOOK_WITH_CHANGED_LIBRARY, file, tmp_path)
    assert {"requests_oauthlib", "kubernetes.client.api_client"} <= modules


def test_openid_connect(tmp_path: Path) -> None:
    """Where a kubeconfig asks for OpenID Connect, an expired identity is exchanged for a new one
    with what was put off.
    """
    new = {"access_token": "a", "id_token": "new", "refresh_token": "r", "token_type": "Bearer"}
    with (
        running_collector(says_json(200, new)) as tokens,
        running_collector(says_json(200, {"token_endpoint": tokens.url})) as issuer,
        running_simulator(_ONE, script=Script(token="new")) as simulator,
    ):
        file = expired_identity(simulator, tmp_path, issuer=issuer.url)
        modules = _modules_of_a_look(_LOOK, file, OAUTHLIB_INSECURE_TRANSPORT="1")
    assert issuer.received[0].target == "/.well-known/openid-configuration"
    assert b"refresh_token=old" in tokens.received[0].body
    assert {"requests_oauthlib", "kubernetes.client.api_client"} <= modules

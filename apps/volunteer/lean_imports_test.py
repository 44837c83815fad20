"""What a look at a cluster imports. Each test needs an interpreter of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.simulator import Cluster, running_simulator

_LOOK: Final = """
import json, sys
from volunteer.main import main

status = main(sys.argv[1:])
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""
_IMPORT: Final = """
import sys
from volunteer.lean_imports import pass_over

pass_over("kubernetes", "kubernetes.config", "not_installed")
import kubernetes.client.api_client, kubernetes.config.kube_config
print(kubernetes.config.kube_config.load_kube_config.__name__, "not_installed" in sys.modules)
"""


def _run(code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_modules_work() -> None:
    """Modules of a package that was passed over are whole, and a missing package stays missing."""
    assert _run(_IMPORT).stdout == "load_kube_config False\n"


def test_modules_of_a_look(tmp_path: Path) -> None:
    """A report imports neither web sockets nor the client's dynamic half nor any API of it."""
    with running_simulator(Cluster.generate(nodes=1, seed=1)) as simulator:
        file = simulator.kubeconfig(tmp_path / "kubeconfig")
        finished = _run(_LOOK, "--cluster-id=x", "--period=0", f"--kubeconfig={file}")
    status, modules = json.loads(finished.stderr.splitlines()[-1])
    assert status == 0
    assert "kubernetes.client.api_client" in modules
    assert not {"websocket", "kubernetes.dynamic", "kubernetes.client.api.core_v1_api", "rich"} & (
        set(modules)
    )

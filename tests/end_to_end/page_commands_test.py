"""What the page tells people to type works as it stands there."""

import html
import http.client
import os
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from collector.publishing import store
from collector.publishing.testing import release
from tests.end_to_end.programs import COLLECTOR, VOLUNTEER
from tools.demo.programs import LOOPBACK, Collector
from tools.simulator import Cluster, running_simulator

_COMMAND: Final = re.compile("<pre[^>]*><code>(.*?)</code></pre>")


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    """Preview, install and compare, typed in a home with a kubeconfig, name what they are for."""
    data_dir, tools, kubeconfigs = (tmp_path / each for each in ("data", "tools", ".kube"))
    tools.mkdir()
    (tools / "volunteer.pex").symlink_to(VOLUNTEER)
    (tools / "kubectl").write_text('#!/bin/sh\ncat > "$HOME/applied.yaml"\n')
    (tools / "kubectl").chmod(0o755)
    kubeconfigs.mkdir()
    store.add(data_dir / store.RELEASES_FOLDER, release(5_000, month=10))
    with socket.create_server((LOOPBACK, 0)) as probe:
        port = int(probe.getsockname()[1])
    flags = ("--publish", "monthly", "--public-address", f"http://{LOOPBACK}:{port}")
    collector = Collector(
        COLLECTOR, *flags, port=port, data_dir=data_dir, log=tmp_path / "collector.log"
    )
    try:
        collector.wait_until_ready()
        with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=10)) as connection:
            connection.request("GET", "/")
            page = connection.getresponse().read().decode()
        commands = [html.unescape(each) for each in _COMMAND.findall(page)]
        with running_simulator(Cluster.generate(nodes=3, seed=3)) as simulator:
            simulator.kubeconfig(kubeconfigs / "config")
            printed = [_typed(each, home=tmp_path, tools=tools) for each in commands]
    finally:
        collector.kill()
    preview, _, compared = printed
    assert "clusterID" in preview
    assert f"--database={collector.url}" in (tmp_path / "applied.yaml").read_text()
    assert (tmp_path / "volunteer.yaml").exists()
    assert "Version of the control plane" in compared


def _typed(command: str, *, home: Path, tools: Path) -> str:
    """Type a command into a shell, with an image for IMAGE; return what it prints."""
    finished = subprocess.run(
        ["/bin/sh", "-c", command.replace("IMAGE", "example.org/volunteer:2")],
        env={"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout

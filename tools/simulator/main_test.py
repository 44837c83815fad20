"""The simulator as a program."""

import json
import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.simulator", *words],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_serves_until_told_to_stop(tmp_path: Path) -> None:
    """It prints its address, writes a kubeconfig, serves, and exits with 0 on SIGTERM."""
    kubeconfig = tmp_path / "kubeconfig"
    process = start("--nodes", "3", "--write-kubeconfig", str(kubeconfig))
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"] == url
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/api/v1/nodes")
        assert len(json.loads(connection.getresponse().read())["items"]) == 3
        connection.close()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--nodes", "-3"], "'-3' is not a whole number"),
        (["--nodes", "few"], "'few' is not a whole number"),
        (["--port", "70000"], "70000 is above 65535"),
        (["--host", "192.0.2.1"], "simulator: "),
        (["--write-kubeconfig", "/nowhere/config"], "simulator: "),
    ],
)
def test_bad_arguments(words: list[str], complaint: str) -> None:
    """A bad argument is one clear line and a status other than 0, without a traceback."""
    _, errors = (process := start(*words)).communicate(timeout=20)
    assert process.returncode != 0
    assert complaint in errors.splitlines()[-1]
    assert "Traceback" not in errors

"""The demo, on the built programs, as a reader runs it. Slow: it makes a census up."""

import http.client
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.programs import COLLECTOR, VOLUNTEER, run

DEMO: Final = Path("demo.pex").resolve()
_DEADLINE_SECONDS: Final = 120.0
_OPEN: Final = re.compile(rb"open http://127\.0\.0\.1:(\d+)/")
_ARGUMENTS: Final = ("--collector", COLLECTOR, "--volunteer", VOLUNTEER, "--clusters", "300")


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the demo prints where there is no terminal: it exits by itself."""
    finished = run(
        DEMO,
        *_ARGUMENTS,
        *("--data-dir", tmp_path_factory.mktemp("demo") / "data"),
        timeout_seconds=_DEADLINE_SECONDS,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


def test_reported_once(output: str) -> None:
    """The report is shown once, in the preview, and is what went over the wire."""
    assert output.count("clusterID") == 1
    assert "Nothing has been sent." in output
    assert "Sent: one POST of 4096 bytes, answered 204" in output
    assert "It was the report above and nothing else" in output


def test_compared(output: str) -> None:
    """The cluster is compared with the census, and at the end the page is named."""
    compared = output.partition("Where this cluster stands")[2]
    assert "%" in compared
    *_, named, stops = output.splitlines()
    assert _OPEN.search(named.encode())
    assert stops.startswith("It stops now")


def test_terminal(tmp_path: Path) -> None:
    """At a terminal the page is served until Ctrl-C, and the demo exits with status 0."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [DEMO, *_ARGUMENTS, "--data-dir", tmp_path / "data"],
        stdout=terminal,
        stderr=terminal,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
        start_new_session=True,
    )
    os.close(terminal)
    try:
        port = _port_in(controller)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.status == http.HTTPStatus.OK
        assert b"</table>" in response.read()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(_DEADLINE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _port_in(controller: int) -> int:
    """Read a terminal until the demo stays up; return the port that it names."""
    shown = b""
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    while b"Ctrl-C stops it" not in shown:
        assert time.monotonic() < give_up_at, shown.decode()
        shown += os.read(controller, 4096)
    found = _OPEN.search(shown)
    assert found is not None
    return int(found[1])

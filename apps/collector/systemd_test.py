"""Behaviour of the collector under a service manager, which a test stands in for."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from collector import main
from collector.errors import CannotListen
from collector.http.listener import inherited
from collector.telemetry.heartbeat import ServiceManager
from collector.testing import DEADLINE_SECONDS, wait_until

LOOPBACK = "127.0.0.1"
# As systemd starts a service: sockets from descriptor 3 on, and its own process ID in LISTEN_PID.
START = """
import os, sys
descriptors, *command = sys.argv[1:]
for place, descriptor in enumerate(descriptors.split(), start=3):
    os.dup2(int(descriptor), place)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(place - 2))
os.execv(command[0], command)
"""


class StandIn:
    """Starts a collector as systemd does, and takes its notifications."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(str(folder / "notify"))
        self.notifications.settimeout(DEADLINE_SECONDS)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *sockets: socket.socket, flags: tuple[str, ...] = (), **more: str) -> None:
        """Start `collector` with flags, and hand over sockets."""
        command = [sys.executable, "-m", main.__name__, "--data-dir", str(self.folder / "data")]
        descriptors = [str(each.fileno()) for each in sockets]
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, " ".join(descriptors), *command, *flags],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "NOTIFY_SOCKET": str(self.folder / "notify"),
                **more,
            },
            stderr=subprocess.PIPE,
            pass_fds=[each.fileno() for each in sockets],
        )

    def notification(self) -> str:
        """Return the next state that it notifies of."""
        return self.notifications.recv(1_000).decode()

    def stop(self) -> tuple[int, list[str]]:
        """Stop the collector; return its status and the lines of its log."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, errors.decode().splitlines()

    def close(self) -> None:
        """Leave nothing running."""
        self.notifications.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE_SECONDS)


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[StandIn]:
    with closing(StandIn(tmp_path)) as stand_in:
        yield stand_in


def ask(connection: http.client.HTTPConnection, path: str) -> int:
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def test_a_socket_that_is_handed_over_is_served(systemd: StandIn) -> None:
    """Requests that came before the service are answered; the port of the flags is not opened."""
    with (
        socket.create_server((LOOPBACK, 0)) as listening,
        socket.create_server((LOOPBACK, 0)) as taken,
    ):
        early = http.client.HTTPConnection(LOOPBACK, listening.getsockname()[1], timeout=30)
        early.connect()
        systemd.start(listening, flags=("--port", str(taken.getsockname()[1])))
        assert ask(early, "/healthz") == 200
        status, log = systemd.stop()
    assert status == 0
    serving = [json.loads(line) for line in log if '"serving"' in line]
    assert serving[0]["port"] == early.port


def test_a_unix_socket_is_handed_over(systemd: StandIn) -> None:
    """A socket at a path is served as one of TCP is."""
    path = systemd.folder / "http"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        systemd.start(listening)
        assert systemd.notification() == "READY=1"
        assert _status_at(path, "/readyz") == 200
        status, log = systemd.stop()
    assert status == 0
    assert f'"path": "{path}"' in "".join(log)


def test_a_unix_socket_is_asked_for(systemd: StandIn) -> None:
    """`--listen unix:PATH` serves there, and its clients count as loopback."""
    path = systemd.folder / "http"
    flags = ("--listen", f"unix:{path}", "--trusted-proxies", LOOPBACK)
    systemd.start(flags=flags)
    assert systemd.notification() == "READY=1"
    assert _status_at(path, "/readyz") == 200
    assert _status_at(path, "/nowhere") == 404
    status, log = systemd.stop()
    assert status == 0
    assert f'"path": "{path}"' in "".join(log)


def test_the_manager_is_notified(systemd: StandIn) -> None:
    """It learns when requests are served, that the service lives, and when it stops."""
    systemd.start(flags=("--port", "0"), WATCHDOG_USEC="200000")
    assert systemd.notification() == "READY=1"
    assert {systemd.notification() for _ in range(3)} == {"WATCHDOG=1"}
    stopping = threading.Thread(target=systemd.stop)
    stopping.start()
    while (state := systemd.notification()) == "WATCHDOG=1":
        pass
    assert state == "STOPPING=1"
    stopping.join(DEADLINE_SECONDS)
    assert not stopping.is_alive()


def test_a_manager_that_does_not_listen_is_not_an_error(systemd: StandIn) -> None:
    """A notify socket that is gone, and nonsense in the variables, change nothing."""
    nowhere = str(systemd.folder / "nowhere")
    systemd.start(
        flags=("--port", "0"), NOTIFY_SOCKET=nowhere, WATCHDOG_USEC="x", LISTEN_FDS="many"
    )
    wait_until((systemd.folder / "data" / "admin").exists)
    assert systemd.stop()[0] == 0


def test_the_variables_are_taken() -> None:
    """Children do not get them; those of another process change nothing."""
    environment = {
        "LISTEN_PID": "1",
        "LISTEN_FDS": "1",
        "LISTEN_FDNAMES": "http",
        "WATCHDOG_PID": "1",
        "WATCHDOG_USEC": "1000",
        "NOTIFY_SOCKET": "/run/nowhere",
        "HOME": "/",
    }
    taken = main.take_environment(environment)
    assert environment == {"HOME": "/"}
    assert inherited(taken, process_id=2) is None
    assert ServiceManager.from_environment(taken, process_id=2).watchdog_seconds is None


def test_two_sockets_are_one_too_many() -> None:
    """More than one socket is refused, because only one would be served."""
    with pytest.raises(CannotListen, match="hands over 2 sockets"):
        inherited({"LISTEN_PID": "2", "LISTEN_FDS": "2"}, process_id=2)


def test_what_does_not_listen_is_refused(systemd: StandIn) -> None:
    """A socket of another kind is named in one line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        systemd.start(datagrams)
        assert systemd.process is not None
        _, errors = systemd.process.communicate(timeout=DEADLINE_SECONDS)
    assert systemd.process.returncode == 1
    assert errors == (
        b"collector: systemd hands over a socket that does not listen; use ListenStream=\n"
    )


def _status_at(path: Path, page: str) -> int:
    connection = http.client.HTTPConnection("localhost", timeout=30)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    return ask(connection, page)

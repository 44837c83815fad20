"""The simulator on real sockets, spoken to with the standard library."""

import json
import socket
import ssl
import struct
import threading
from http.client import HTTPConnection, HTTPSConnection, IncompleteRead
from pathlib import Path

import pytest

from tools.simulator import (
    Cluster,
    ConnectionReset,
    Rule,
    Script,
    Silence,
    Simulator,
    SlowBytes,
    running_simulator,
)
from tools.simulator.certificates import authority_pem

NODES = "/api/v1/nodes"
CLUSTER = Cluster.generate(nodes=5)
TIMEOUT_SECONDS = 10


def connect(simulator: Simulator, seconds: float = TIMEOUT_SECONDS) -> HTTPConnection:
    return HTTPConnection(simulator.host, simulator.port, timeout=seconds)


def test_keep_alive() -> None:
    """Several requests travel over one connection and are recorded with their parts."""
    with running_simulator(CLUSTER) as simulator:
        connection = connect(simulator)
        for query in ("limit=2", "limit=3&continue="):
            connection.request("GET", f"{NODES}?{query}", headers={"User-Agent": "tester/1"})
            assert connection.getresponse().read()
        connection.close()
        seen = [
            (each.method, each.path, each.query["limit"], each.headers["user-agent"])
            for each in simulator.requests
        ]
    assert seen == [("GET", NODES, "2", "tester/1"), ("GET", NODES, "3", "tester/1")]


def test_final_slash() -> None:
    """A path with a final slash is the same path."""
    with running_simulator(CLUSTER) as simulator:
        connection = connect(simulator)
        connection.request("GET", "/version/")
        assert json.loads(connection.getresponse().read()) == CLUSTER.version
        connection.close()


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_other_methods(method: str) -> None:
    """Methods that change something are recorded and refused."""
    with running_simulator(CLUSTER) as simulator:
        connection = connect(simulator)
        connection.request(method, NODES, body=b"{}")
        response = connection.getresponse()
        response.read()
        assert response.status == 405
        connection.request("GET", "/version")
        assert connection.getresponse().status == 200
        connection.close()
        assert [each.method for each in simulator.requests] == [method, "GET"]


def test_reset() -> None:
    """A reset in mid-page breaks the connection before the page is complete."""
    reset = Script(rules=(Rule(path=NODES, fault=ConnectionReset(after_bytes=1_000)),))
    with running_simulator(CLUSTER, script=reset) as simulator:
        connection = connect(simulator)
        connection.request("GET", NODES)
        with pytest.raises((ConnectionResetError, IncompleteRead)):
            connection.getresponse().read()
        connection.close()


def test_silence() -> None:
    """A silent server takes the request and answers nothing."""
    silent = Script(rules=(Rule(path=NODES, fault=Silence()),))
    with running_simulator(CLUSTER, script=silent) as simulator:
        connection = connect(simulator, seconds=0.2)
        connection.request("GET", NODES)
        simulator.wait_for_request(NODES)
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()


def test_slow_bytes() -> None:
    """A slow answer arrives whole in the end."""
    slow = SlowBytes(bytes_at_a_time=40, pause_seconds=0.001)
    with running_simulator(
        CLUSTER, script=Script(rules=(Rule(path="/version", fault=slow),))
    ) as simulator:
        connection = connect(simulator)
        connection.request("GET", "/version")
        assert json.loads(connection.getresponse().read()) == CLUSTER.version
        connection.close()


def test_stopped() -> None:
    """A stopped simulator answers neither on an open connection nor on a new one."""
    with running_simulator(CLUSTER) as simulator:
        connection = connect(simulator)
        connection.request("GET", "/version")
        connection.getresponse().read()
    assert connection.sock.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        connect(simulator).request("GET", "/version")


def test_trusted_certificate() -> None:
    """A client that trusts the test-only authority is served over TLS."""
    context = ssl.create_default_context(cadata=authority_pem())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with running_simulator(CLUSTER, tls=True) as simulator:
        connection = HTTPSConnection(
            simulator.host, simulator.port, timeout=TIMEOUT_SECONDS, context=context
        )
        connection.request("GET", "/version")
        assert json.loads(connection.getresponse().read()) == CLUSTER.version
        connection.close()


def test_untrusted_certificate() -> None:
    """A client that does not know the authority refuses, and the simulator goes on."""
    with running_simulator(CLUSTER, tls=True) as simulator:
        stranger = HTTPSConnection(simulator.host, simulator.port, timeout=TIMEOUT_SECONDS)
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/version")
        stranger.close()
        friend = HTTPSConnection(
            simulator.host,
            simulator.port,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(cadata=authority_pem()),
        )
        friend.request("GET", "/version")
        assert friend.getresponse().status == 200
        friend.close()


def test_client_that_vanishes(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that resets its connection leaves no trace on the terminal."""
    slow = SlowBytes(bytes_at_a_time=1_000, pause_seconds=0.001)
    script = Script(rules=(Rule(path=NODES, fault=slow),))
    with running_simulator(CLUSTER, script=script) as simulator:
        with socket.create_connection((simulator.host, simulator.port), TIMEOUT_SECONDS) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.sendall(f"GET {NODES} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            simulator.wait_for_request(NODES)
        _wait_for_connection_threads()
    assert capfd.readouterr().err == ""


def _wait_for_connection_threads() -> None:
    """Wait until the threads of all connections have ended."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(TIMEOUT_SECONDS)
            assert not thread.is_alive()


@pytest.mark.parametrize("tls", [False, True])
def test_kubeconfig(tmp_path: Path, *, tls: bool) -> None:
    """A kubeconfig names the server, the token and, with TLS, the authority."""
    with running_simulator(CLUSTER, tls=tls) as simulator:
        path = simulator.kubeconfig(tmp_path / "config", token="secret")
    written = json.loads(path.read_text())
    assert written["clusters"][0]["cluster"]["server"] == simulator.url
    assert ("certificate-authority-data" in written["clusters"][0]["cluster"]) == tls
    assert written["users"][0]["user"] == {"token": "secret"}


def test_service_account(tmp_path: Path) -> None:
    """A service account's files are those that the kubelet mounts."""
    with running_simulator(CLUSTER, tls=True) as simulator:
        simulator.service_account(tmp_path, token="secret")
    assert (tmp_path / "token").read_text() == "secret"
    assert (tmp_path / "ca.crt").read_text() == authority_pem()
    assert (tmp_path / "namespace").read_text() == "spartakus"


def test_port_in_use() -> None:
    """An address that is taken is an error of the operating system, not a hang."""
    with (
        running_simulator(CLUSTER) as simulator,
        pytest.raises(OSError, match="in use"),
        running_simulator(CLUSTER, port=simulator.port),
    ):
        pytest.fail("two servers listen on one port")

"""Behaviour of the pages for operators, over real sockets."""

import http.client
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from collector.errors import CannotListen, CommandFailed, DataDirectoryUnusable
from collector.telemetry.admin_client import AdminClient, Readiness
from collector.telemetry.admin_server import admin_application, served_at, served_on
from collector.telemetry.heartbeat import Heartbeat
from collector.telemetry.metrics import Metrics
from collector.testing import DEADLINE_SECONDS

LOOPBACK = "127.0.0.1"


class Service:
    """What the pages are about."""

    def __init__(self) -> None:
        self.alive = True
        self.reasons: tuple[str, ...] = ()
        self.notices: tuple[str, ...] = ()
        self.application = admin_application(
            Metrics(version="1.2.3").registry,
            is_alive=lambda: self.alive,
            reasons=lambda: self.reasons,
            notices=lambda: self.notices,
        )


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def port(service: Service) -> Iterator[int]:
    with served_on(LOOPBACK, 0, service.application) as port:
        yield port


def request(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=10)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_metrics_are_served_in_text(port: int) -> None:
    """`/metrics` answers in Prometheus' format, with the version and the process's memory."""
    status, text = request(port, "/metrics")
    assert status == 200
    assert 'spartakus_collector_info{version="1.2.3"} 1.0' in text
    assert "process_resident_memory_bytes" in text


def test_health_is_the_service_s(service: Service, port: int) -> None:
    """`/healthz` is 503 once the service does not answer, though this port does."""
    assert request(port, "/healthz") == (200, "ok\n")
    service.alive = False
    assert request(port, "/healthz")[0] == 503


def test_readiness_has_reasons(service: Service, port: int) -> None:
    """`/readyz` is 503, with why, while no report is accepted."""
    assert request(port, "/readyz") == (200, '{"ready":true,"reasons":[]}')
    service.reasons = ("the disk is full",)
    assert request(port, "/readyz") == (503, '{"ready":false,"reasons":["the disk is full"]}')
    service.reasons, service.notices = (), ("nothing is written",)
    assert request(port, "/readyz") == (200, '{"ready":true,"reasons":["nothing is written"]}')


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/metrics/", "/api/v1", "/metricsx"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    """Every other path is answered 404."""
    assert request(port, path)[0] == 404


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_pages_are_read(port: int, path: str) -> None:
    """HEAD is GET without a body, and nothing can be written."""
    assert request(port, path, "HEAD") == (200, "")
    assert request(port, path, "POST")[0] == 405
    assert request(port, path, "DELETE")[0] == 405


def test_a_silent_client_holds_up_nobody(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    """Others are answered beside clients that say nothing or half a word, and nothing is logged."""
    with (
        socket.create_connection((LOOPBACK, port)) as silent,
        socket.create_connection((LOOPBACK, port)) as half,
        socket.create_connection((LOOPBACK, port)) as nonsense,
    ):
        half.sendall(b"GET /met")
        nonsense.sendall(b"\x16\x03\x01\x00\xff" * 100 + b"\r\n\r\n")
        assert request(port, "/healthz")[0] == 200
        silent.close()
    assert capfd.readouterr().err == ""


def test_a_port_that_is_taken_is_one_clear_line(service: Service, port: int) -> None:
    """An admin port in use is named."""
    with (
        pytest.raises(CannotListen, match=f"cannot serve metrics on 127.0.0.1 port {port}: "),
        served_on(LOOPBACK, port, service.application),
    ):
        pass


def test_the_owner_of_the_directory_asks_at_a_socket(service: Service, tmp_path: Path) -> None:
    """The same pages are at a Unix socket that is open to its owner alone, however deep it is."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    for path in (tmp_path / "admin", deep / "admin"):
        with served_at(path, service.application):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            client = AdminClient(path)
            assert client.samples().label("spartakus_collector_info", "version") == "1.2.3"
            assert client.readiness() == Readiness(ready=True, reasons=())
            service.reasons = ("the disk is full",)
            assert client.readiness() == Readiness(ready=False, reasons=("the disk is full",))
            service.reasons = ()


def test_a_service_that_is_stuck_is_not_ready(service: Service, tmp_path: Path) -> None:
    """A stuck service is reported as one that does not answer."""
    with served_at(tmp_path / "admin", service.application):
        service.alive = False
        found = AdminClient(tmp_path / "admin").readiness()
    assert found == Readiness(ready=False, reasons=("the service does not answer",))


def test_no_collector_runs(service: Service, tmp_path: Path) -> None:
    """Without a socket, and with one that is left over, that is said."""
    client = AdminClient(tmp_path / "admin")
    with pytest.raises(CommandFailed, match="no collector runs on"):
        client.samples()
    with served_at(tmp_path / "admin", service.application):
        pass
    with pytest.raises(CommandFailed, match="no collector runs on"):
        client.samples()


def test_what_is_no_socket_is_left_alone(service: Service, tmp_path: Path) -> None:
    """A file in the place of the socket is named, and keeps its bytes."""
    (tmp_path / "admin").write_text("mine")
    with (
        pytest.raises(DataDirectoryUnusable, match="something other than a socket"),
        served_at(tmp_path / "admin", service.application),
    ):
        pass
    assert (tmp_path / "admin").read_text() == "mine"


def test_a_heartbeat_is_an_answer() -> None:
    """A service lives while its `/healthz` answers 200; a closed port does not."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        heartbeat = Heartbeat(listening)
        assert _answering(listening, b"HTTP/1.1 200 OK\r\n\r\n", heartbeat)
        assert not _answering(listening, b"HTTP/1.1 503 No\r\n\r\n", heartbeat)
    assert not heartbeat.is_alive()


def _answering(listening: socket.socket, answer: bytes, heartbeat: Heartbeat) -> bool:
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(_answer_one, listening, answer)
        is_alive = heartbeat.is_alive()
        answered.result(DEADLINE_SECONDS)
        return is_alive


def _answer_one(listening: socket.socket, answer: bytes) -> None:
    listening.settimeout(DEADLINE_SECONDS)
    connected, _ = listening.accept()
    with connected:
        connected.recv(1_000)
        connected.sendall(answer)

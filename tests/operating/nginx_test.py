"""The proxy of the documents, run for real. Slow: it needs nginx and openssl."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from collector import main
from collector.testing import DEADLINE_SECONDS, report_of, wait_until
from tests.documents.documents import document

_LOOPBACK: Final = "127.0.0.1"
_LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+[+-]\d\d:\d\d \d{3} [A-Z]+ \d+\.\d{3}")
_CANARIES: Final = {
    "Idempotency-Key": "canary-key",
    "User-Agent": "canary-agent",
    "Referer": "https://canary.example",
    "X-Forwarded-For": "203.0.113.77",
    "Authorization": "Bearer canary",
}


class Proxy:
    """nginx as the document configures it, in a folder, before a collector at a Unix socket."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.upstream: Final = folder / "http.sock"
        with socket.create_server((_LOOPBACK, 0)) as free:
            self.port: Final = int(free.getsockname()[1])
        self.access_log: Final = folder / "access.log"
        self.error_log: Final = folder / "error.log"

    def configuration(self) -> str:
        """Return the document's block with this folder's paths, and what stands around it."""
        (block,) = [
            each.text for each in document("docs/operating.md").blocks if each.language == "nginx"
        ]
        places = {
            "listen 443 ssl": f"listen {_LOOPBACK}:{self.port} ssl",
            "/etc/ssl/spartakus.pem": f"{self.folder}/certificate.pem",
            "/etc/ssl/spartakus.key": f"{self.folder}/key.pem",
            "/var/log/nginx/spartakus.log": str(self.access_log),
            "/var/log/nginx/spartakus.error.log": str(self.error_log),
            "/run/spartakus.sock": str(self.upstream),
        }
        for written, here in places.items():
            assert written in block
            block = block.replace(written, here)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        return f"daemon off;\npid {self.folder}/pid;\nevents {{}}\nhttp {{\n{folders}{block}}}\n"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run nginx."""
        (self.folder / "nginx.conf").write_text(self.configuration())
        self._make_certificate()
        command = ["nginx", "-p", str(self.folder), "-c", "nginx.conf", "-e", "start.log"]
        with subprocess.Popen(command) as nginx:
            try:
                wait_until(self._answers)
                yield
            finally:
                nginx.terminate()

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> int:
        """Send a request over TLS; return the status."""
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        connection = http.client.HTTPSConnection(
            "localhost", self.port, context=context, timeout=DEADLINE_SECONDS
        )
        with closing(connection):
            connection.request(method, path, body, headers or {})
            return connection.getresponse().status

    def logged(self) -> str:
        """Return all that nginx wrote."""
        return self.access_log.read_text() + self.error_log.read_text()

    def _answers(self) -> bool:
        try:
            socket.create_connection((_LOOPBACK, self.port)).close()
        except OSError:
            return False
        return True

    def _make_certificate(self) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
                *("-keyout", f"{self.folder}/key.pem", "-out", f"{self.folder}/certificate.pem"),
            ],
            check=True,
            capture_output=True,
        )


@contextmanager
def collector_at(path: Path, data_dir: Path, *flags: str) -> Iterator[None]:
    """Run a collector at a Unix socket; it exits cleanly."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", main.__name__, "--listen", f"unix:{path}"),
            *("--data-dir", str(data_dir), *flags),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        try:
            wait_until(lambda: (data_dir / "admin").exists() and path.exists())
            yield
        finally:
            process.terminate()
            assert process.wait(DEADLINE_SECONDS) == 0


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    assert shutil.which("nginx"), "install nginx-light"
    with TemporaryDirectory(prefix="spartakus-") as folder:
        # nginx drops root's rights, and its workers have to reach the socket.
        Path(folder).chmod(0o755)
        made = Proxy(Path(folder))
        with made.running():
            yield made


def post(proxy: Proxy, cluster_id: str, **headers: str) -> int:
    body = json.dumps(report_of(cluster_id)).encode()
    return proxy.request(
        "POST", "/api/v1?q=canary-query", body, {"Content-Type": "application/json", **headers}
    )


def test_a_report_goes_through_and_nothing_is_logged_of_it(proxy: Proxy, tmp_path: Path) -> None:
    """A line says when, how, and how long; no address, name, key, length or body."""
    with collector_at(proxy.upstream, tmp_path / "data"):
        assert post(proxy, "canary-cluster", **_CANARIES) == 204
        assert proxy.request("GET", "/canary-path") == 404
        assert proxy.request("POST", "/api/v1", b" " * (9 * 1024 * 1024)) == 413
    assert post(proxy, "canary-cluster", **_CANARIES) == 502
    # nginx writes the line of a request after its answer.
    wait_until(lambda: proxy.access_log.read_text().count("\n") == 4)
    lines = proxy.access_log.read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["204", "404", "413", "502"]
    assert all(_LOG_LINE.fullmatch(line) for line in lines)
    assert "canary" not in proxy.logged()
    assert "127.0.0.1" not in proxy.logged()
    assert "203.0.113.77" not in proxy.logged()


def test_the_limit_is_each_client_s(proxy: Proxy, tmp_path: Path) -> None:
    """The collector counts who posts to nginx, and not who they claim to be."""
    flags = ("--trusted-proxies", _LOOPBACK, "--rate-limit", "2")
    with collector_at(proxy.upstream, tmp_path / "data", *flags):
        answers = [
            post(proxy, "one", **{"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(4)
        ]
    assert answers == [204, 204, 429, 429]

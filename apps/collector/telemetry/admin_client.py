"""Asking a running collector, at the Unix socket in its data directory."""

import http.client
import socket
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from collector.disk.unix_socket import reachable
from collector.errors import CommandFailed
from collector.telemetry.status import Samples

_TIMEOUT_SECONDS: Final = 15.0


class Readiness(msgspec.Struct, frozen=True):
    """Whether reports are accepted, and what is wrong, which need not keep them from it."""

    ready: bool
    reasons: tuple[str, ...]


class AdminClient:
    """Asks the collector that serves at the socket at `path`.

    Each question raises `CommandFailed` where none runs, or it does not answer.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def samples(self) -> Samples:
        """Return every sample of its metrics."""
        status, body = self._get("/metrics")
        if status != HTTPStatus.OK:
            raise CommandFailed(f"the collector answers {status} instead of its metrics")
        return Samples(
            (sample.name, dict(sample.labels), float(sample.value))
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
        )

    def readiness(self) -> Readiness:
        """Return whether it answers, and accepts reports."""
        status, _ = self._get("/healthz")
        if status != HTTPStatus.OK:
            return Readiness(ready=False, reasons=("the service does not answer",))
        _, body = self._get("/readyz")
        return msgspec.json.decode(body, type=Readiness)

    def _get(self, page: str) -> tuple[int, bytes]:
        try:
            with closing(_UnixConnection(self._path)) as connection:
                connection.request("GET", page)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise CommandFailed(f"no collector runs on {self._path.parent}") from error
        except OSError as error:
            reason = error.strerror or "it does not answer"
            raise CommandFailed(f"{self._path} cannot be asked: {reason}") from error
        except http.client.HTTPException as error:
            raise CommandFailed(f"{self._path} does not answer as a collector does") from error


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_SECONDS)
        self._path: Final = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with reachable(self._path) as address:
            self.sock.connect(address)

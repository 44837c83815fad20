"""Types commands into a shell, one after the other, as a reader of a document would."""

import http.client
import json
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.documents.shell import Command

LOOPBACK: Final = "127.0.0.1"
_DEADLINE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Call:
    """What a stand-in was told."""

    words: tuple[str, ...]
    standard_input: str


@dataclass(frozen=True)
class Finished:
    """How a command exited, what it printed, and what stand-ins were told meanwhile."""

    command: Command
    status: int
    output: str
    errors: str
    calls: tuple[Call, ...]


@dataclass
class Session:
    """A shell in `folder`. `places` says what a reader puts in place of what is written."""

    folder: Path
    environment: dict[str, str]
    places: dict[str, str]
    port: int
    admin_port: int
    finished: list[Finished] = field(default_factory=list)
    _variables: list[str] = field(default_factory=list)
    _service: "subprocess.Popen[bytes] | None" = None

    def type(self, command: Command, *, standard_input: str = "") -> Finished:
        """Run a command to its end; one that serves until it can take reports, and on."""
        if is_service(command):
            self.start(command.text)
            finished = Finished(command, 0, "", "", ())
        else:
            finished = self._run(command, standard_input)
        self.finished.append(finished)
        if not command.program:
            self._variables.append(command.text)
        return finished

    def start(self, text: str) -> None:
        """Start a service, and wait until it can take reports."""
        self.stop()
        with (self.folder / "service.log").open("wb") as log:
            self._service = subprocess.Popen(
                ["bash", "-c", f"exec {self._placed(text)}"],
                cwd=self.folder,
                env=self.environment,
                stderr=log,
            )
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not self._is_ready():
            finished = self._service.poll() is not None
            log_text = (self.folder / "service.log").read_text()
            assert not finished, log_text
            assert time.monotonic() < deadline, log_text
            with suppress(subprocess.TimeoutExpired):
                self._service.wait(0.05)

    def stop(self) -> None:
        """Stop the service, if one runs, as a terminal or a cluster does. It exits cleanly."""
        if self._service is None:
            return
        service, self._service = self._service, None
        service.send_signal(signal.SIGTERM)
        try:
            status = service.wait(_DEADLINE_SECONDS)
        finally:
            service.kill()
            service.wait()
        assert status == 0, (self.folder / "service.log").read_text()

    def post(self, cluster_id: str) -> None:
        """Have the service keep a report of a cluster."""
        body = json.dumps({"version": "v2.0.0", "clusterID": cluster_id})
        headers = {"Content-Type": "application/json"}
        status, _ = self.request("POST", "/api/v1", body=body, headers=headers)
        assert status == http.HTTPStatus.NO_CONTENT

    def request(
        self,
        method: str,
        path: str,
        *,
        port: int | None = None,
        **arguments: Any,  # noqa: ANN401 - those of http.client
    ) -> tuple[int, str]:
        """Ask the service; return status and body."""
        connection = http.client.HTTPConnection(LOOPBACK, port or self.port, timeout=20)
        try:
            connection.request(method, path, **arguments)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _is_ready(self) -> bool:
        try:
            return self.request("GET", "/readyz")[0] == http.HTTPStatus.OK
        except OSError:
            return False

    def _run(self, command: Command, standard_input: str) -> Finished:
        calls = Path(self.environment["STAND_IN_CALLS"])
        calls.write_text("")
        finished = subprocess.run(
            [
                "bash",
                "-o",
                "pipefail",
                "-c",
                self._placed("\n".join([*self._variables, command.text])),
            ],
            cwd=self.folder,
            env=self.environment,
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
            timeout=_DEADLINE_SECONDS,
        )
        told = (json.loads(line) for line in calls.read_text().splitlines())
        return Finished(
            *(command, finished.returncode, finished.stdout, finished.stderr),
            calls=tuple(Call(tuple(words), text) for words, text in told),
        )

    def _placed(self, text: str) -> str:
        for written, here in self.places.items():
            text = text.replace(written, here)
        return text


def is_service(command: Command) -> bool:
    """Whether a command serves until it is told to end: the collector with flags, or `serve`."""
    words = command.words
    return (
        command.program.rpartition("/")[2] == "collector.pex"
        and not [word for word in words[1:2] if not word.startswith("-") and word != "serve"]
        and not {"--help", "--version", "--print-databases"} & set(words)
    )

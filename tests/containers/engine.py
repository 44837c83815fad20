"""Runs containers with docker, or what stands in for it."""

import http.client
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NewType

ENGINE: Final = os.environ.get("SPARTAKUS_CONTAINER_ENGINE") or "docker"
COLLECTOR: Final = "spartakus-collector:latest"
VOLUNTEER: Final = "spartakus-volunteer:latest"
PORT: Final = 8080

HARDENED: Final = (
    *("--read-only", "--read-only-tmpfs=false", "--cap-drop=all"),
    "--security-opt=no-new-privileges",
)
"""What the manifests ask of a cluster: nothing may be written but volumes, nothing gained."""

_DEADLINE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05

Volume = NewType("Volume", str)


class EngineFailed(Exception):
    """The engine refused or a container did not do its part; the message quotes what it said."""


@dataclass(frozen=True)
class Finished:
    """How a container exited, and what it printed."""

    status: int
    output: str
    log: str


def engine(*arguments: str | Path) -> str:
    """Return what the engine prints for a command. Raises `EngineFailed`."""
    finished = _run(*arguments)
    if finished.status != 0:
        raise EngineFailed(f"{arguments[0]} exited with {finished.status}: {finished.log}")
    return finished.output.strip()


def run(image: str, *arguments: str, options: tuple[str, ...] = ()) -> Finished:
    """Run a hardened container to its end."""
    return _run("run", "--rm", *HARDENED, *options, image, *arguments)


@contextmanager
def volume() -> Iterator[Volume]:
    """Make a volume that lasts as long as the block."""
    name = Volume(engine("volume", "create"))
    try:
        yield name
    finally:
        engine("volume", "rm", "--force", name)


class Container:
    """A hardened container in the background."""

    def __init__(self, image: str, *arguments: str, options: tuple[str, ...] = ()) -> None:
        self._id: Final = engine("run", "--detach", *HARDENED, *options, image, *arguments)

    @property
    def log(self) -> str:
        """What it has written to standard output and standard error so far."""
        finished = _run("logs", self._id)
        return finished.output + finished.log

    @property
    def gateway(self) -> str:
        """The address under which containers reach this machine."""
        return self._inspect("{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}")

    @property
    def address(self) -> str:
        """Its own address among containers."""
        return self._inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")

    @property
    def resident_bytes(self) -> int:
        """The resident memory of its process 1."""
        status = Path("/proc", self._inspect("{{.State.Pid}}"), "status").read_text()
        (kibibytes,) = (
            line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")
        )
        return int(kibibytes) * 1024

    def get(self, path: str) -> int:
        """Return the status of a GET through the published port. Raises `OSError`."""
        return self.request("GET", path, None)

    def request(self, method: str, path: str, body: bytes | None) -> int:
        """Return the status of a request through the published port. Raises `OSError`."""
        host, port = engine("port", self._id, f"{PORT}/tcp").rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path} got no answer") from error
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it would accept a report."""
        try:
            return self.get("/readyz") == http.HTTPStatus.OK
        except OSError:
            return False

    def wait(self, condition: Callable[[], bool]) -> float:
        """Return after how many seconds `condition` held. Raises `EngineFailed`."""
        start = time.monotonic()
        while not condition():
            waited = time.monotonic() - start
            if waited > _DEADLINE_SECONDS or self._inspect("{{.State.Running}}") != "true":
                raise EngineFailed(f"waited {waited:.1f} s in vain:\n{self.log}")
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - start

    def stop(self) -> tuple[int, float]:
        """End it by SIGTERM; return its exit status and how many seconds it took."""
        start = time.monotonic()
        engine("stop", "--time=30", self._id)
        return int(self._inspect("{{.State.ExitCode}}")), time.monotonic() - start

    def kill(self) -> None:
        """End it as a crash would."""
        engine("kill", self._id)

    def copy(self, path: str, target: Path) -> None:
        """Copy a file out of it, running or not."""
        engine("cp", f"{self._id}:{path}", target)

    def remove(self) -> None:
        """Remove it, running or not."""
        engine("rm", "--force", self._id)

    def _inspect(self, template: str) -> str:
        return engine("inspect", "--format", template, self._id)


def _run(*arguments: str | Path) -> Finished:
    finished = subprocess.run(
        [ENGINE, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    return Finished(finished.returncode, finished.stdout, finished.stderr)

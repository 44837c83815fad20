"""Starts and stops the built programs."""

import http.client
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 30


class ProgramFailed(Exception):
    """A program did not do its part; the message names it and quotes what it said."""


class Collector:
    """A collector on loopback with its files in `data_dir`. Its log goes to `log`."""

    def __init__(self, program: Path, *flags: str, port: int, data_dir: Path, log: Path) -> None:
        self.port: Final = port
        self._log = log
        arguments = ("--host", LOOPBACK, "--port", str(port), "--data-dir", str(data_dir), *flags)
        with log.open("ab") as output:
            self._process = subprocess.Popen([program, *arguments], stderr=output)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def wait_until_ready(self) -> None:
        """Wait until it can accept reports. Raises `ProgramFailed`."""
        self._wait_until_found("/readyz", "the collector did not start")

    def wait_until_published(self, name: str) -> None:
        """Wait until the release with this name is there. Raises `ProgramFailed`."""
        self._wait_until_found(f"/api/v1/statistics/{name}", f"there is no release {name}")

    def stop(self) -> None:
        """Ask it to finish what it has, and wait. Raises `ProgramFailed`."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise ProgramFailed(f"the collector did not stop in {_STOP_SECONDS} s") from None
        if status != 0:
            raise ProgramFailed(f"the collector exited with {status}:\n{self._log.read_text()}")

    def kill(self) -> None:
        """End it at once, as a crash would, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        """Wait until it exits by itself or the user interrupts."""
        self._process.wait()

    def _wait_until_found(self, path: str, failure: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._status(path) != http.HTTPStatus.OK:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ProgramFailed(f"{failure}:\n{self._log.read_text()}")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()


def run_volunteer(program: Path, arguments: Sequence[str]) -> str:
    """Run the volunteer to its end and return its standard output. Raises `ProgramFailed`."""
    finished = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise ProgramFailed(f"the volunteer exited with {finished.returncode}:\n{finished.stderr}")
    return finished.stdout

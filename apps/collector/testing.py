"""For tests: a collector as a process of its own, with real files and real HTTP."""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

import duckdb

from collector import main
from collector.drain import process as drain_process
from collector.drain import release_process
from collector.settings import REPORTS_FOLDER
from collector.warehouse.parquet.folder import Folder

DEADLINE_SECONDS: Final = 30.0
# Started by name; importing them here makes them, and what they need, part of the test.
MODULES: Final = (main.__name__, drain_process.__name__, release_process.__name__)
# Tests need not wait for a minute; a test about waiting sets the flag itself.
BATCH_SECONDS: Final = "0.2"
REPORT: Final = {
    "version": "v2.0.0",
    "clusterID": "5f0c7ac0-7a3c-4e3e-9d55-0a4f5d1a2b3c",
    "nodes": [{"id": "0" * 32, "capacity": [{"resource": "cpu", "value": "4"}]}],
}


def wait_until(condition: Callable[[], bool], *, seconds: float = DEADLINE_SECONDS) -> None:
    """Return once `condition` holds; fail when that takes longer than `seconds`."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)


def report_of(cluster_id: str) -> dict[str, object]:
    """Return a small valid report."""
    return {**REPORT, "clusterID": cluster_id}


class RunningCollector:
    """A collector on a free port. Killed after the `with` block if it still runs."""

    def __init__(
        self,
        data_dir: Path,
        *flags: str,
        under: Sequence[str] = (),
        must_serve: bool = True,
    ) -> None:
        """`under` is a command that the collector is started by, as `env` starts programs.

        Where it `must_serve`, one that does not is an error.
        """
        self.data_dir: Final = data_dir
        self.log: Final[list[dict[str, object]]] = []
        self._serving: Final = threading.Event()
        command = [*under, sys.executable, "-m", MODULES[0], "--port", "0"]
        own_flags = ["--data-dir", str(data_dir), "--batch-seconds", BATCH_SECONDS]
        self.process: Final = subprocess.Popen(  # noqa: S603 - a test starts what it tests
            [*command, *own_flags, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._reader: Final = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._serving.wait(DEADLINE_SECONDS)
        if must_serve and not self.is_serving():
            raise AssertionError(f"the collector does not serve: {self.log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()

    def post(
        self, report: object, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, object]]:
        """Post `report`; return the status and the document that came with it, if any."""
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", "/api/v1", json.dumps(report).encode(), all_headers)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, object]]:
        """Send a request; return the status and the JSON that came with it, if any."""
        response, content = self._exchange(method, path, body, headers or {})
        is_json = "json" in response.getheader("Content-Type", "")
        return response.status, json.loads(content) if is_json else {}

    def content(self, path: str) -> bytes:
        """Return the bytes that are served at `path`, or fail."""
        response, content = self._exchange("GET", path, b"", {})
        if response.status != http.HTTPStatus.OK:
            raise AssertionError(f"{path} is answered with {response.status}")
        return content

    def _exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=DEADLINE_SECONDS)
        with closing(connection):
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response, response.read()

    def is_serving(self) -> bool:
        """Return whether it serves and has not exited."""
        return self.process.poll() is None and any("port" in line for line in self.log)

    def drain_pid(self) -> int | None:
        """Return the process ID of the drain, None while there is none."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        threads = children.parent.parent.glob("*/children")
        pids = [int(pid) for each in threads for pid in each.read_text().split()]
        return pids[0] if pids else None

    def has_drained(self) -> bool:
        """Return whether the spool is empty."""
        return spooled_in(self.data_dir) == 0

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.kill()
        self._wait()

    def stop(self) -> int:
        """Terminate it; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def _wait(self) -> int:
        status = self.process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        return status

    def port(self) -> int:
        """Return the TCP port that it serves on."""
        ports = [line["port"] for line in self.log if "port" in line]
        return int(str(ports[0]))

    def _read_log(self) -> None:
        for line in self.process.stderr or ():
            entry = json.loads(line) if line.startswith(b"{") else {"text": line.decode()}
            self.log.append(entry)
            if "port" in entry:
                self._serving.set()
        self._serving.set()


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Keep the drain of a data directory from writing during the `with` block."""
    with Folder(data_dir / REPORTS_FOLDER).writing():
        yield


def spooled_in(data_dir: Path) -> int:
    """Return how many reports are in the spool of a data directory."""
    address = f"file:{data_dir}/spool.sqlite?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM reports").fetchone()[0])


def clusters_in(data_dir: Path) -> list[str]:
    """Return the cluster IDs in the folder of reports of a data directory, sorted."""
    return [cluster_id for (cluster_id,) in query(data_dir, 'SELECT "clusterID" FROM r ORDER BY 1')]


def query(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over all reports, which are the table `r`, as any DuckDB would."""
    files = sorted((data_dir / REPORTS_FOLDER).glob("*/*.parquet"))
    if not files:
        return []
    with duckdb.connect() as connection:
        names = [str(each) for each in files]
        connection.execute("SET VARIABLE names = ?", [names])
        connection.execute(
            "CREATE VIEW r AS SELECT * FROM read_parquet(getvariable('names'), union_by_name=true)"
        )
        return connection.execute(sql).fetchall()


def run_collector(
    *words: str, stdin: bytes = b"", variables: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[bytes]":
    """Run the program with `words`, and `variables` of the environment, until it exits."""
    return subprocess.run(  # noqa: S603 - as above
        [sys.executable, "-m", MODULES[0], *words],
        env={**os.environ, **variables, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=stdin,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def leave_drained(data_dir: Path, *cluster_ids: str) -> None:
    """Leave the files of a collector that was killed when all its reports were in Parquet."""
    with RunningCollector(data_dir) as collector:
        post_all(collector, *cluster_ids)
        wait_until(collector.has_drained)


def leave_spooled(data_dir: Path, *cluster_ids: str) -> None:
    """Leave the files of a collector that was killed when all its reports were in the spool."""
    with RunningCollector(data_dir) as collector, locked(data_dir):
        post_all(collector, *cluster_ids)
        collector.kill()


def post_all(collector: RunningCollector, *cluster_ids: str) -> None:
    """Post a report of each cluster; fail where one is refused."""
    for cluster_id in cluster_ids:
        status, problem = collector.post(report_of(cluster_id))
        if status != http.HTTPStatus.NO_CONTENT:
            raise AssertionError(f"a report was refused: {problem}")


def install_program(folder: Path) -> None:
    """Put the program into `folder`, named collector.pex."""
    program = folder / "collector.pex"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {MODULES[0]} "$@"\n')
    program.chmod(0o755)


def run_installed(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command, such as a shell, that finds the program on PATH and a home in `folder`."""
    own = {"HOME": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(  # noqa: S603 - as above
        words,
        env={**os.environ, **own, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )

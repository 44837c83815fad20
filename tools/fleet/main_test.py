"""The fleet as a program, with a collector that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

import tools.fleet.__main__ as program
from collector.testing import MODULES, RunningCollector, clusters_in, query, wait_until

SIZE = ("--clusters", "12", "--months", "1")

assert MODULES  # the collector is started by the name of its module


def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the program until it exits."""
    return subprocess.run(
        [sys.executable, "-m", program.__name__, *SIZE, *words],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with the past of a fleet."""
    data_dir = tmp_path_factory.mktemp("fleet") / "data"
    finished = run("--data-dir", data_dir)
    assert finished.returncode == 0, finished.stderr
    return data_dir


def test_past(filled: Path) -> None:
    """The folder holds several reports of each cluster that a collector's commands read."""
    assert len(set(clusters_in(filled))) >= 10
    [(days, most)] = query(
        filled, 'SELECT count(DISTINCT "receivedAt"::DATE), max(nodes[1].role) FROM r'
    )
    assert days > 20
    assert most in {"worker", "control-plane"}


def test_today(filled: Path) -> None:
    """A collector on the same folder accepts today's report of every cluster, and drains it."""
    before = len(clusters_in(filled))
    with RunningCollector(filled) as collector:
        finished = run("--collector", f"http://127.0.0.1:{collector.port()}")
        assert finished.returncode == 0, finished.stderr
        assert "12 reports posted" in finished.stdout
        wait_until(collector.has_drained)
        collector.stop()
    assert len(clusters_in(filled)) == before + 12


def test_again(filled: Path) -> None:
    """A folder that holds reports is refused in one line, and left as it is."""
    before = clusters_in(filled)
    finished = run("--data-dir", filled)
    assert finished.returncode == 1
    assert finished.stderr == (
        f"fleet: there are reports in {filled} already; name an empty --data-dir\n"
    )
    assert clusters_in(filled) == before


def test_collector_in_use(tmp_path: Path) -> None:
    """A data directory that a collector runs on is refused in one line."""
    with RunningCollector(tmp_path / "data"):
        finished = run("--data-dir", tmp_path / "data")
    assert finished.returncode == 1
    assert finished.stderr.startswith("fleet: another collector runs on the data directory")
    assert len(finished.stderr.splitlines()) == 1


def test_nobody_listens() -> None:
    """A collector that cannot be reached is one line."""
    finished = run("--collector", "http://127.0.0.1:1")
    assert finished.returncode == 1
    assert finished.stderr.startswith("fleet: the collector at http://127.0.0.1:1 cannot be")


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost", "http://localhost/api"])
def test_wrong_address(url: str) -> None:
    """What is not the address of a collector is refused in one line."""
    finished = run("--collector", url)
    assert finished.stderr == (
        f"fleet: --collector is http://HOST:PORT or https://HOST:PORT, not {url}\n"
    )

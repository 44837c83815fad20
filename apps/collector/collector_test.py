"""The whole program, as a process with real files: what it keeps when it is stopped or killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from collector.testing import (
    DEADLINE_SECONDS,
    RunningCollector,
    clusters_in,
    report_of,
    spooled_in,
    wait_until,
)


def test_a_report_reaches_the_folder_within_seconds_of_its_204(tmp_path: Path) -> None:
    """An accepted report is in the folder, and out of the spool, without further traffic."""
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("one"))[0] == 204
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["one"]


def test_a_kill_right_after_the_204_loses_nothing(tmp_path: Path) -> None:
    """A report whose 204 was sent is there once after a SIGKILL and a restart."""
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("one"))[0] == 204
        collector.kill()
    with RunningCollector(tmp_path) as collector:
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["one"]


def test_ids_are_not_reused_after_the_spool_ran_empty(tmp_path: Path) -> None:
    """A report accepted after the spool was drained and the collector restarted is kept."""
    expected = []
    for cluster_id in ("one", "two", "three", "four"):
        with RunningCollector(tmp_path) as collector:
            wait_until(collector.has_drained)
            assert collector.post(report_of(cluster_id))[0] == 204
            expected.append(cluster_id)
            collector.kill()
    with RunningCollector(tmp_path) as collector:
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == sorted(expected)


def test_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    """Every 204 is in the warehouse exactly once after kills at any moment, and nothing else is."""
    accepted: list[str] = []
    attempted: set[str] = set()
    for round_number in range(4):
        with RunningCollector(tmp_path) as collector:
            posters = [
                threading.Thread(
                    target=_post_until_killed,
                    args=(collector, f"{round_number}-{poster}", accepted, attempted),
                )
                for poster in range(4)
            ]
            for poster in posters:
                poster.start()
            wait_until(partial(_has_grown, accepted, len(accepted) + 150 + 70 * round_number))
            collector.kill()
            for poster in posters:
                poster.join(DEADLINE_SECONDS)
    with RunningCollector(tmp_path) as collector:
        assert collector.stop() == 0
    kept = clusters_in(tmp_path)
    assert len(kept) == len(set(kept))
    assert set(accepted) <= set(kept) <= attempted


def _has_grown(items: list[str], size: int) -> bool:
    return len(items) >= size


def _post_until_killed(
    collector: RunningCollector, name: str, accepted: list[str], attempted: set[str]
) -> None:
    for number in range(100_000):
        cluster_id = f"{name}-{number}"
        attempted.add(cluster_id)
        try:
            status, _ = collector.post(report_of(cluster_id))
        except OSError:
            return
        if status == 204:
            accepted.append(cluster_id)


def test_a_killed_drain_is_started_again(tmp_path: Path) -> None:
    """Reports accepted before and after the death of the drain are in the warehouse once."""
    with RunningCollector(tmp_path) as collector:
        first = collector.drain_pid()
        assert first is not None
        assert collector.post(report_of("before"))[0] == 204
        os.kill(first, signal.SIGKILL)
        assert collector.post(report_of("after"))[0] == 204
        wait_until(lambda: collector.drain_pid() not in {None, first})
        wait_until(collector.has_drained)
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["after", "before"]


def test_no_drain_outlives_its_collector(tmp_path: Path) -> None:
    """The drain exits when the collector is killed."""
    with RunningCollector(tmp_path) as collector:
        pid = collector.drain_pid()
        collector.kill()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_repeat_of_a_key_is_stored_once(tmp_path: Path) -> None:
    """A repeat is answered 204 and another report under its key 422, also after a restart."""
    key = {"Idempotency-Key": "k-1"}
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("one"), key)[0] == 204
        assert collector.post(report_of("one"), key)[0] == 204
        wait_until(collector.has_drained)
        collector.kill()
    with RunningCollector(tmp_path) as collector:
        assert collector.post(report_of("one"), key)[0] == 204
        changed = {**report_of("one"), "masterVersion": "v1.30.2"}
        status, document = collector.post(changed, key)
        assert (status, document["title"]) == (422, "Unprocessable Entity")
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["one"]


def test_a_load_balancer_gets_time_to_notice_the_end(tmp_path: Path) -> None:
    """During the delay after SIGTERM it says that it is not ready, and still accepts reports."""
    with RunningCollector(tmp_path, "--shutdown-delay", "2") as collector:
        assert collector.request("GET", "/readyz") == (200, {"ready": True, "reasons": []})
        collector.process.send_signal(signal.SIGTERM)
        wait_until(lambda: collector.request("GET", "/readyz")[0] == 503)
        assert collector.post(report_of("late"))[0] == 204
        assert collector.stop() == 0
    assert clusters_in(tmp_path) == ["late"]


def test_stdout_gets_the_reports_and_stderr_the_log(tmp_path: Path) -> None:
    """With `--database stdout` standard output holds one line a report and nothing else."""
    with RunningCollector(tmp_path, "--database", "stdout") as collector:
        assert collector.post(report_of("one"))[0] == 204
        assert collector.stop() == 0
        assert collector.process.stdout is not None
        lines = collector.process.stdout.read().splitlines()
    assert len(lines) == 1
    assert b'"clusterID":"one"' in lines[0]
    assert spooled_in(tmp_path) == 0


def test_the_log_holds_no_payload(tmp_path: Path) -> None:
    """Neither an accepted nor a refused report leaves a trace in the log, even with -v."""
    with RunningCollector(tmp_path, "-v") as collector:
        assert collector.post(report_of("secret-cluster"))[0] == 204
        assert collector.post({"version": "secret-version"})[0] == 400
        assert collector.stop() == 0
    assert collector.log
    assert "secret" not in str(collector.log)


def test_two_collectors_do_not_share_a_data_directory(tmp_path: Path) -> None:
    """A second collector on a data directory exits with one line that says so."""
    with RunningCollector(tmp_path):
        outcome = _run("--data-dir", str(tmp_path), "--port", "0")
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "another collector runs on the data directory" in outcome.stderr


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    """A collector that cannot listen names the address and the reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = _run("--data-dir", str(tmp_path), "--port", str(port))
    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"collector: cannot serve on 127.0.0.1 port {port}: Address already in use\n"
    )


def _run(*flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "collector.main", *flags],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )

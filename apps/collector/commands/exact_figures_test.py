"""Behaviour of `collector statistics --exact`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from census import Release, decode
from collector.commands.statistics_test import failure_of, run
from collector.testing import RunningCollector, post_all, run_collector, wait_until


def kept(data_dir: Path, *received: tuple[str, str, str]) -> None:
    """Have a data directory with reports: a cluster, its version, and the day of receipt."""
    lines = [
        json.dumps(
            {
                "version": "v2",
                "clusterID": cluster,
                "masterVersion": version,
                "receivedAt": f"{day}T07:00:00Z",
            }
        ).encode()
        for cluster, version, day in received
    ]
    outcome = run_collector("import", "--data-dir", str(data_dir), stdin=b"\n".join(lines) + b"\n")
    assert outcome.returncode == 0, outcome.stderr


def exact_of(data_dir: Path, *flags: str) -> Release:
    """Return the exact figures that are printed as JSON, under a warning."""
    outcome = run(data_dir, "--exact", "--json", *flags)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stderr == b"Exact figures, for you alone: do not publish them.\n"
    return decode(outcome.stdout)


def test_exact_figures(tmp_path: Path) -> None:
    """--exact counts the clusters that were heard from on two days of a period, by their latest
    report, and warns first.
    """
    kept(
        tmp_path,
        *(("a", "v1.29.1", "2026-10-01"), ("a", "v1.30.1", "2026-10-31")),
        *(("b", "v1.30.2", "2026-10-02"), ("b", "v1.30.2", "2026-10-03")),
        *(("once", "v1.31.0", "2026-10-03"), ("once", "v1.31.0", "2026-11-01")),
    )
    release = exact_of(tmp_path, "--month=2026-10")
    assert (release.clusters, release.guarantee, release.name) == (2.0, None, "2026-10")
    assert [(each.answer, each.clusters) for each in release.answers[0].cells] == [("1.30", 2.0)]
    text = run(tmp_path, "--exact", "--month=2026-10").stdout.decode()
    assert text.startswith(
        "Exact figures, for you alone: do not publish them.\nOctober 2026: 2 clusters\n"
    )
    assert exact_of(tmp_path, "--month=2026-Q4").clusters == 3.0
    assert exact_of(tmp_path, "--month=2026-09").clusters == 0.0


def test_exact_figures_of_today(tmp_path: Path) -> None:
    """Without a period, --exact is of the 31 days up to today, and no release is needed."""
    today = datetime.now(UTC).date()
    first, before = today - timedelta(days=30), today - timedelta(days=31)
    kept(
        tmp_path,
        *(("in", "v1.30.1", str(first)), ("in", "v1.30.1", str(today))),
        *(("out", "v1.30.1", str(before)), ("out", "v1.30.1", str(today))),
    )
    release = exact_of(tmp_path)
    assert (release.first_day, release.last_day) == (str(first), str(today))
    assert release.clusters == 1.0
    rows = run(tmp_path, "--exact", "--csv").stdout.decode().splitlines()
    assert rows[1] == f"{first}/{today},clusters,clusters,1.0,,,"


def test_exact_figures_beside_a_running_collector(tmp_path: Path) -> None:
    """A collector that runs goes on, and what is on its way to the folder is not counted yet."""
    with RunningCollector(tmp_path) as collector:
        post_all(collector, "a")
        wait_until(collector.has_drained)
        assert exact_of(tmp_path).clusters == 0.0
        assert collector.request("GET", "/readyz")[0] == 200


def test_exact_figures_of_damaged_files(tmp_path: Path) -> None:
    """A damaged file is an error that names it; one of another period is none."""
    kept(tmp_path, ("a", "v1.30.1", "2026-10-01"), ("a", "v1.30.1", "2026-10-02"))
    (file,) = (tmp_path / "reports" / "2026-10-02").glob("*.parquet")
    file.write_bytes(b"PAR1")
    line = failure_of(tmp_path, "--exact", "--month=2026-10")
    assert line == f"collector: damaged: {file}; restore copies, or move them away\n"
    assert exact_of(tmp_path, "--month=2026-11").clusters == 0.0


def test_exact_figures_of_another_warehouse(tmp_path: Path) -> None:
    """A warehouse that cannot count is named, and so is a folder that is not there."""
    line = failure_of(tmp_path, "--exact", "--database=stdout")
    assert line == "collector: reports in stdout cannot be counted\n"
    assert "there is no folder of reports" in failure_of(tmp_path, "--exact")

"""Behaviour of `collector statistics`."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from census import Release
from collector.publishing.due import SINCE
from collector.publishing.store import RELEASES_FOLDER, add
from collector.publishing.testing import exact_release, release
from collector.testing import (
    DEADLINE_SECONDS,
    MODULES,
    RunningCollector,
    run_collector,
    wait_until,
)


def published(data_dir: Path, *releases: Release) -> Path:
    """Return the folder of releases that a collector has made."""
    folder = data_dir / RELEASES_FOLDER
    folder.mkdir(mode=0o700)
    for each in releases:
        add(folder, each)
    return folder


MONTHLY = {"SPARTAKUS_PUBLISH": "monthly"}


def run(
    data_dir: Path, *flags: str, variables: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[bytes]":
    return run_collector("statistics", "--data-dir", str(data_dir), *flags, variables=variables)


def failure_of(
    data_dir: Path,
    *flags: str,
    status: int = 1,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the one line of a command that fails."""
    outcome = run(data_dir, *flags, variables=variables)
    assert (outcome.returncode, outcome.stdout) == (status, b"")
    assert outcome.stderr.count(b"\n") == 1
    return outcome.stderr.decode()


def test_the_latest_release(tmp_path: Path) -> None:
    """The latest release is shown, or that of a period."""
    published(tmp_path, release(3000, 9), release(3000, 10))
    assert run(tmp_path).stdout.startswith(b"October 2026: about ")
    assert run(tmp_path, "--month", "2026-09").stdout.startswith(b"September 2026: about ")


def test_json_is_what_is_stored(tmp_path: Path) -> None:
    """--json prints the bytes of the stored file."""
    folder = published(tmp_path, release(3000, 10))
    assert run(tmp_path, "--json").stdout == (folder / "2026-10.json").read_bytes()


def test_csv(tmp_path: Path) -> None:
    """--csv has a row for each answer of one release."""
    published(tmp_path, release(3000, 9), release(3000, 10))
    rows = list(csv.DictReader(io.StringIO(run(tmp_path, "--csv").stdout.decode())))
    assert {row["period"] for row in rows} == {"2026-10"}
    assert {row["question"] for row in rows} >= {"clusters", "kubernetes", "nodes"}


def test_exact_figures_that_were_published(tmp_path: Path) -> None:
    """A release without noise says first that it is not private."""
    published(tmp_path, exact_release(30, 10))
    assert run(tmp_path).stdout.startswith(b"Exact figures, published without noise: ")


def test_no_release_yet(tmp_path: Path) -> None:
    """Without a release one line says so, and who knows when there will be one."""
    assert "no release in" in failure_of(tmp_path)
    assert "while a collector runs with --publish, this says when" in failure_of(tmp_path, "--json")


def next_month_but_one() -> date:
    """Return the fourth day of the month after this one: when this month's release is due."""
    first = datetime.now(UTC).date().replace(day=1)
    return (first + timedelta(days=32)).replace(day=4)


def test_when_the_first_is_due(tmp_path: Path) -> None:
    """A variable of the collector's says it, and so does the collector that runs."""
    due = next_month_but_one()
    words = f"yet; the first is due on {due.isoformat()}; --exact"
    assert words in failure_of(tmp_path, variables=MONTHLY)
    with RunningCollector(tmp_path, "--publish=monthly"):
        wait_until(lambda: words in failure_of(tmp_path))


def test_when_the_next_is_due(tmp_path: Path) -> None:
    """Under the figures stands when the next are due, where that is known."""
    published(tmp_path, release(3000, 9))
    assert b"is due" not in run(tmp_path).stdout
    known = run(tmp_path, variables=MONTHLY).stdout.decode()
    assert known.splitlines()[-1].startswith("The next release is due on 4 ")
    for flag in ("--json", "--csv", "--exact"):
        assert b"is due" not in run(tmp_path, flag, variables=MONTHLY).stdout


def test_what_is_wrong_elsewhere_hides_no_figures(tmp_path: Path) -> None:
    """A damaged file of the first day, or a wrong variable of the collector's, leaves out the day
    that they would tell.
    """
    folder = published(tmp_path, release(3000, 9))
    for variables in (MONTHLY, {**MONTHLY, "SPARTAKUS_PORT": "x"}):
        (folder / SINCE).write_text("never")
        outcome = run(tmp_path, variables=variables)
        assert (outcome.returncode, outcome.stderr) == (0, b"")
        assert outcome.stdout.startswith(b"September 2026: about ")
        assert b"is due" not in outcome.stdout


def test_a_period_without_a_release(tmp_path: Path) -> None:
    """A period that has none is named, with those that have one."""
    published(tmp_path, release(3000, 9), release(3000, 10))
    line = failure_of(tmp_path, "--month=2026-11")
    assert line.startswith("collector: there is no release 2026-11 in ")
    assert line.endswith("there are 2026-09, 2026-10\n")


@pytest.mark.parametrize("name", ["2026-13", "2026-W60", "2026-Q5", "november", "2026", "0000-01"])
def test_a_period_that_is_none(tmp_path: Path, name: str) -> None:
    """What names no period is a usage error that shows the forms."""
    line = failure_of(tmp_path, "--month", name, status=2)
    assert line.startswith("collector: --month: must be a month, week or quarter, such as 2026-")


def test_two_forms_at_once(tmp_path: Path) -> None:
    """--json and --csv exclude each other."""
    assert "--csv" in failure_of(tmp_path, "--json", "--csv", status=2)


def test_a_release_that_is_damaged(tmp_path: Path) -> None:
    """A damaged file is named on standard error, and the others are shown."""
    folder = published(tmp_path, release(3000, 9), release(3000, 10))
    (folder / "2026-10.json").write_bytes(b"{")
    outcome = run(tmp_path)
    assert outcome.stdout.startswith(b"September 2026")
    assert b"2026-10.json is damaged" in outcome.stderr
    assert "no release 2026-10" in run(tmp_path, "--month=2026-10").stderr.decode()


def test_nothing_that_can_be_read(tmp_path: Path) -> None:
    """Where no release can be read, the first reason is all that is said."""
    folder = published(tmp_path, release(3000, 9))
    (folder / "2026-09.json").write_bytes(b"{")
    assert "2026-09.json is damaged" in failure_of(tmp_path)
    (folder / "2026-09.json").unlink()
    folder.rmdir()
    folder.touch()
    assert "releases cannot be read: Not a directory" in failure_of(tmp_path)


def test_no_data_directory(tmp_path: Path) -> None:
    """A directory that is not there is named, and not made."""
    line = failure_of(tmp_path / "missing")
    assert line.startswith("collector: there is no data directory ")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("flags", [(), ("--json",), ("--csv",)])
def test_output_that_cannot_be_written(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """A full disk, or a reader that has gone, is one line and status 1."""
    published(tmp_path, release(3000, 10))
    command = [sys.executable, "-m", MODULES[0], "statistics", "--data-dir", str(tmp_path), *flags]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    read_end, write_end = os.pipe()
    os.close(read_end)
    with Path("/dev/full").open("wb") as full, os.fdopen(write_end, "wb") as pipe:
        for output in (full, pipe):
            outcome = subprocess.run(
                command,
                env=environment,
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=DEADLINE_SECONDS,
                check=False,
            )
            assert outcome.returncode == 1
            assert outcome.stderr.startswith(b"collector: standard output cannot be written: ")
            assert outcome.stderr.count(b"\n") == 1


def test_any_encoding(tmp_path: Path) -> None:
    """The text is UTF-8 whatever the locale."""
    published(tmp_path, release(3000, 10))
    outcome = subprocess.run(
        [sys.executable, "-m", MODULES[0], "statistics", "--data-dir", str(tmp_path)],
        env={
            "PYTHONPATH": os.pathsep.join(sys.path),
            "LC_ALL": "POSIX",
            "PYTHONIOENCODING": "ascii",
            "PYTHONCOERCECLOCALE": "0",
        },
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=True,
    )
    assert "±" in outcome.stdout.decode()


def test_the_json_is_for_programs(tmp_path: Path) -> None:
    """What --json prints is the document of the API."""
    published(tmp_path, release(3000, 10))
    document = json.loads(run(tmp_path, "--json").stdout)
    assert document["firstDay"] == "2026-10-01"
    assert document["guarantee"]["epsilon"] == 4.0

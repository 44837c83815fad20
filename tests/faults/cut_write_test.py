"""A write that is cut short anywhere costs nothing: in files, spool, log, at each step.

Needs a C compiler. Some cuts; many with `--profile deep`.
"""

import os
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from collector.records import DAY_SECONDS
from collector.testing import RunningCollector, clusters_in, wait_until
from collector.warehouse.parquet import testing as program
from collector.warehouse.parquet.testing import open_folder
from tests.faults.kill_test import FilesRead, open_every_file
from tests.faults.load import DAY, FORTY, Load, fill_day

SOURCE: Final = Path(__file__).with_name("cut_writes.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("library") / "cut_writes.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(built), str(SOURCE), "-ldl"], check=True
    )
    return built


@pytest.fixture
def cuts(request: pytest.FixtureRequest) -> int:
    return 60 if request.config.getoption("profile") == "deep" else 4


@pytest.mark.parametrize("part", ["/.staging/", "/reports/2", "spool.sqlite", "spool.sqlite-wal"])
def test_writes_of_a_collector_that_are_cut_short_lose_and_double_nothing(
    tmp_path: Path, library: Path, part: str, cuts: int
) -> None:
    """Every 204 is in the folder once, and every file opens, wherever its writer was killed."""
    chance = random.Random()
    load, read, data_dir = Load(), FilesRead(), tmp_path / "data"
    for number in range(cuts):
        note = tmp_path / f"cut-{number}"
        at = chance.randrange(1, 40) if "spool" in part else chance.randrange(1, 12)
        settings = (f"LD_PRELOAD={library}", f"CUT_IN={part}", f"CUT_AT={at}", f"CUT_NOTE={note}")
        with RunningCollector(
            data_dir, "--batch-seconds", "0.05", under=("env", *settings), must_serve=False
        ) as collector:
            if collector.is_serving():
                with load.on(collector, clients=2):
                    wait_until(note.exists)
            collector.kill()
        assert note.exists(), f"call {at} was never made: {collector.log}"
        read.add_new(data_dir)
    with RunningCollector(data_dir) as collector:
        assert collector.stop() == 0
    load.check(clusters_in(data_dir))


def _compacted_in(data_dir: Path, library: Path, part: str, at: int) -> int:
    """Compact and forget in a process that is killed at a write; return its exit status."""
    return subprocess.run(
        [sys.executable, "-m", program.__name__, str(data_dir), str((DAY + 2) * DAY_SECONDS)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "LD_PRELOAD": str(library),
            "CUT_IN": part,
            "CUT_AT": str(at),
        },
        check=False,
    ).returncode


@pytest.mark.parametrize("exchanges", ["exchange", "two renames"])
def test_a_compaction_that_is_killed_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, library: Path, exchanges: str
) -> None:
    """Each step of merging a day and of forgetting in it can be the last one of its process."""
    at, status = 0, -9
    os.environ["SPARTAKUS_TEST_EXCHANGE"] = exchanges
    without_one = [each for each in FORTY if each != program.FORGOTTEN]
    while status == -9:
        at += 1
        data_dir = tmp_path / str(at)
        fill_day(data_dir)
        status = _compacted_in(data_dir, library, "/reports", at)
        with closing(open_folder(data_dir)) as warehouse:
            watermark = warehouse.watermark("s")
        assert watermark is not None
        assert watermark.last_id == 40
        assert open_every_file(data_dir) > 0
        kept = clusters_in(data_dir)
        assert kept in (FORTY, without_one)
    assert status == 0
    assert at > 10
    assert clusters_in(tmp_path / str(at)) == without_one

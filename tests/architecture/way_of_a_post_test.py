"""Which files run for a POST, from its bytes to its row in a file of the warehouse."""

import os
import re
import signal
import sys
from pathlib import Path

from collector.testing import RunningCollector, clusters_in, report_of, wait_until

TRACER = Path(__file__).with_name("tracer")

DECISION = Path("docs/decisions/0036-the-way-of-a-post.md")
MOST_FILES = 24


def test_the_way_of_a_post(tmp_path: Path) -> None:
    """What runs for a post is what the table of the decision says, and no more."""
    traces = tmp_path / "traces"
    traces.mkdir()
    path = os.pathsep.join([str(TRACER), *sys.path])
    tracing = ("env", f"PYTHONPATH={path}", f"TRACE_FOLDER={traces}")
    with RunningCollector(tmp_path / "data", under=tracing) as collector:
        post_one(collector, "first")  # reads the vocabularies
        files_that_ran(collector, traces, 0)
        post_one(collector, "second")
        ran = files_that_ran(collector, traces, 1)
    assert sorted(ran) == sorted(files_in_the_table())
    assert len(ran) <= MOST_FILES


def files_in_the_table() -> list[str]:
    """Return the files that the decision names."""
    return re.findall(r"^\| `([a-z_/]+)` \|", DECISION.read_text(encoding="utf-8"), re.MULTILINE)


def post_one(collector: RunningCollector, cluster_id: str) -> None:
    """Post a report, and wait until it is in the folder and no longer in the spool."""
    headers = {"Idempotency-Key": cluster_id}
    assert collector.post(report_of(cluster_id), headers)[0] == 204
    wait_until(lambda: cluster_id in clusters_in(collector.data_dir))
    wait_until(collector.has_drained)


def files_that_ran(collector: RunningCollector, traces: Path, number: int) -> set[str]:
    """Return what ran in both processes since this was asked last, and begin anew."""
    drain = collector.drain_pid()
    assert drain is not None
    files: set[str] = set()
    for process in (collector.process.pid, drain):
        os.kill(process, signal.SIGUSR2)
        trace = traces / f"{process}-{number}"
        wait_until(trace.exists)
        files |= set(trace.read_text(encoding="utf-8").split("\n"))
    return {name for name in map(name_of, files) if name is not None}


def name_of(file: str) -> str | None:
    """Return what the list calls a file, None for one of other people's."""
    for start in ("/apps/collector/", "/libs/"):
        if start in file:
            return file.partition(start)[2].removesuffix(".py")
    return None

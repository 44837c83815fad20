"""A 204 says that the report is on disk: the system calls of the collector show it.

Needs strace(1).
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Final

import collector
from collector.testing import RunningCollector, clusters_in, report_of

CLUSTERS: Final = tuple(f"synced-{number:02}" for number in range(20))
_CALL: Final = re.compile(
    r"(?P<process>\d+) +(?:<\.\.\. \w+ resumed>)?(?P<text>.*?)(?P<open> <unfinished \.\.\.>)?"
)
_COMPLETED: Final = re.compile(r"(?P<name>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)")


def completed_calls(trace: str) -> Iterator[re.Match[str]]:
    """Return the system calls in a trace in the order in which they completed."""
    unfinished: dict[str, str] = {}
    for line in trace.splitlines():
        part = _CALL.fullmatch(line)
        if part is None:
            continue
        text = unfinished.pop(part["process"], "") + part["text"]
        if part["open"]:
            unfinished[part["process"]] = text
        elif (call := _COMPLETED.fullmatch(text)) is not None:
            yield call


def unsynced_answers(trace: str, keys: Mapping[str, str]) -> list[str]:
    """Return the clusters whose 204 was sent before a sync of the spool's log with their row.

    One client posted the reports one after the other, so the n-th 204 answers the n-th report.
    `keys` are the keys of the reports: a row holds its key as it is, and the report compressed.
    """
    written: set[str] = set()
    synced: set[str] = set()
    answered: list[str] = []
    for call in completed_calls(trace):
        if call["file"].endswith("spool.sqlite-wal"):
            written.update(each for each in CLUSTERS if keys[each] in call["rest"])
            if call["name"] == "fdatasync" and call["rest"].endswith("= 0"):
                synced |= written
        elif "HTTP/1.1 204" in call["rest"]:
            cluster_id = CLUSTERS[len(answered)]
            answered.append(cluster_id if cluster_id not in synced else "")
    assert len(answered) == len(CLUSTERS)
    return [each for each in answered if each]


def unsynced_in(directory: Path, sources: Path) -> list[str]:
    """Post to a collector run from `sources`; return the clusters whose 204 came too early."""
    trace = directory / "trace"
    path = os.pathsep.join([str(sources), *sys.path])
    calls = "trace=pwrite64,fdatasync,write,writev,sendto,sendmsg"
    # -D: the collector is the process that was started, and strace its descendant.
    strace = ("strace", "-D", "-f", "-qq", "-y", "-s", "100000", "-e", calls, "-o", str(trace))
    with RunningCollector(
        directory / "data", under=("env", f"PYTHONPATH={path}", *strace)
    ) as collector:
        for cluster_id in CLUSTERS:
            headers = {"Idempotency-Key": "k"}
            assert collector.post(report_of(cluster_id), headers)[0] == 204
        assert collector.stop() == 0
    assert clusters_in(directory / "data") == sorted(CLUSTERS)
    return unsynced_answers(trace.read_text(), {each: _key_of(each) for each in CLUSTERS})


def _key_of(cluster_id: str) -> str:
    """Return the key under which a report of a cluster, posted with the key `k`, is kept."""
    text = f"{cluster_id}\0k".encode()
    return blake2b(text, digest_size=16, person=b"spartakus-report").hexdigest()


def test_each_204_follows_the_sync_that_covers_its_row(tmp_path: Path) -> None:
    """Between the arrival of a report and its 204 come the write of its row and an fdatasync."""
    assert unsynced_in(tmp_path, Path(collector.__path__[0]).parent) == []


def test_a_collector_that_does_not_sync_fails(tmp_path: Path) -> None:
    """The same program with `synchronous` off fails the test above."""
    sources = tmp_path / "sources"
    copy = shutil.copytree(Path(collector.__path__[0]), sources / "collector")
    for module in (copy / "spool" / "writer.py", copy / "disk" / "sqlite_file.py"):
        text = module.read_text()
        assert "synchronous = FULL" in text
        module.write_text(text.replace("synchronous = FULL", "synchronous = OFF"))
    assert unsynced_in(tmp_path, sources) == list(CLUSTERS)

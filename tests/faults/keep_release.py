"""Makes the files that a release leaves behind, for the tests of later ones.

Run once before a release: `python -m tests.faults.keep_release tests/faults/releases/VERSION`.
The files hold `drained` reports in DuckDB and `pending` ones in the spool.
"""

import gzip
import sys
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Final

from collector.testing import RunningCollector, locked, report_of

DRAINED: Final = ("drained-1", "drained-2", "drained-3")
PENDING: Final = ("pending-1", "pending-2")
FILES: Final = ("spool.sqlite", "reports.duckdb")


def main() -> None:
    """Make the files in the directory that the command line names."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory)
        _collect(data_dir)
        target.mkdir(parents=True)
        for name in FILES:
            packed = gzip.compress((data_dir / name).read_bytes(), mtime=0)
            (target / f"{name}.gz").write_bytes(packed)


def unpack(release: Path, data_dir: Path) -> None:
    """Put the files of a release into a data directory."""
    for name in FILES:
        (data_dir / name).write_bytes(gzip.decompress((release / f"{name}.gz").read_bytes()))


def _collect(data_dir: Path) -> None:
    with RunningCollector(data_dir) as collector:
        _post(collector, DRAINED)
        collector.stop()
    # The end of a collector is the end of the logs: the files are whole without them.
    with (
        RunningCollector(data_dir, "--shutdown-grace", "1") as collector,
        locked(data_dir / "reports.duckdb", collector),
    ):
        _post(collector, PENDING)
        collector.stop()


def _post(collector: RunningCollector, cluster_ids: tuple[str, ...]) -> None:
    for cluster_id in cluster_ids:
        if collector.post(report_of(cluster_id))[0] != HTTPStatus.NO_CONTENT:
            raise AssertionError("a report was refused")


if __name__ == "__main__":
    main()

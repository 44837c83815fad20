"""After forgetting, no byte of a cluster is left in the data directory, plain or compressed.

Each file is searched as it is, and with its Zstandard frames and Parquet pages decompressed.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import duckdb
import pytest
import zstandard

from collector.records import AcceptedReport, Batch, SpooledReport, Watermark, cluster_tag
from collector.spool.writer import Spool
from collector.testing import RunningCollector, run_collector, spooled_in
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.parquet.testing import open_folder

COUNT: Final = 9_000
EVERY: Final = 9
HOUR: Final = 1_795_590_000
TRACES: Final = (b"cluster-to-forget", b"node-to-forget", b"value-to-forget")
_FRAME: Final = b"\x28\xb5\x2f\xfd"


def _report(number: int) -> bytes:
    name = "to-forget" if number % EVERY == 0 else f"to-keep-{number}"
    return json.dumps(
        {
            "version": "v1",
            "timestamp": str(HOUR),
            "clusterID": f"cluster-{name}",
            "nodes": [{"id": f"node-{name}-{number}"}],
            "extensions": [{"name": "e", "value": f"value-{name}-{number}"}],
        },
        separators=(",", ":"),
    ).encode()


def _accepted(number: int) -> AcceptedReport:
    encoded = _report(number)
    tag = cluster_tag(json.loads(encoded)["clusterID"])
    return AcceptedReport(f"{number:032x}", HOUR, encoded, b"f" * 16, tag)


def _fill(data_dir: Path) -> None:
    """Leave reports in the folder, in the spool, which held more, and among the dead letters."""
    spool = Spool(data_dir / "spool.sqlite", clock=lambda: HOUR, random_bytes=os.urandom)
    with closing(spool), closing(open_folder(data_dir)) as warehouse:
        for first in range(1, COUNT, 1_000):
            rows = range(first, min(first + 1_000, COUNT + 1))
            for number in rows:
                spool.add(_accepted(number))
            spool.commit()
            if rows[-1] == COUNT:
                break  # these wait
            warehouse.write(_batch(spool.spool_id, rows))
            spool.delete_through(Watermark(spool.spool_id, rows[-1]))
        warehouse.compact(now=HOUR + 3 * 24 * 3_600)
    with closing(DeadLetters(data_dir / DEAD_LETTERS_FILE, clock=lambda: HOUR)) as letters:
        letters.add((SpooledReport(n, f"{n:032x}", HOUR, _report(n)), "why") for n in range(1, 50))


def _batch(spool_id: str, rows: range) -> Batch:
    return Batch(spool_id, tuple(SpooledReport(n, f"{n:032x}", HOUR, _report(n)) for n in rows))


def _decompressed(content: bytes) -> Iterator[bytes]:
    """Return each Zstandard frame in `content`, decompressed, wherever it begins."""
    at = content.find(_FRAME)
    while at >= 0:
        with suppress(zstandard.ZstdError):  # four bytes may be no frame's
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[at:])
        at = content.find(_FRAME, at + 1)


def _traces_in(data_dir: Path) -> set[bytes]:
    found = set()
    for file in (each for each in data_dir.rglob("*") if each.is_file()):
        content = file.read_bytes()
        texts = [content, *_decompressed(content)]
        if file.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.read_parquet(str(file)).fetchall()
                pages = connection.execute("FROM parquet_metadata(?)", [str(file)]).fetchall()
            texts.append(f"{rows} {pages}".encode())
        found |= {trace for trace in TRACES for text in texts if trace in text}
    return found


@pytest.mark.parametrize("is_running", [True, False])
def test_no_byte_of_a_forgotten_cluster_is_left(tmp_path: Path, *, is_running: bool) -> None:
    """With a running collector and without one; every other report is still there."""
    _fill(tmp_path)
    assert _traces_in(tmp_path) == set(TRACES)
    command = ("forget", "--cluster-id", "-", "--data-dir", str(tmp_path))
    if is_running:
        with RunningCollector(tmp_path, "--batch-seconds", "600") as collector:
            outcome = run_collector(*command, stdin=b"cluster-to-forget\n")
            assert _traces_in(tmp_path) == set()
            assert collector.stop() == 0
    else:
        outcome = run_collector(*command, stdin=b"cluster-to-forget\n")
    assert outcome.returncode == 0, outcome.stderr
    assert _traces_in(tmp_path) == set()
    kept = run_collector(
        "sql", "--format", "csv", "SELECT count(*) FROM reports", "--data-dir", str(tmp_path)
    )
    assert int(kept.stdout.split()[1]) + spooled_in(tmp_path) == COUNT - COUNT // EVERY

"""Behaviour of `collector.warehouse.stdout`."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from collector.errors import WarehouseUnavailable
from collector.records import Batch, SpooledReport
from collector.warehouse.stdout import StdoutWarehouse
from collector.warehouse.testing import WORKLOADS, batch_of, spooled

BATCH = Batch(
    "s1",
    (
        SpooledReport(1, "k1", 1_700_049_600, b'{"version":"v1","clusterID":"c"}'),
        SpooledReport(2, "k2", 1_700_049_600, b'{"version":"v1","clusterID":"d"}'),
    ),
)


def test_each_report_is_a_line_with_its_key_and_hour() -> None:
    """A line is the report and the two columns that warehouses add."""
    with tempfile.TemporaryFile() as file:
        StdoutWarehouse(file.fileno()).write(BATCH)
        file.seek(0)
        lines = [json.loads(line) for line in file]
    assert lines[0] == {
        "version": "v1",
        "clusterID": "c",
        "reportKey": "k1",
        "receivedAt": "2023-11-15T12:00:00Z",
    }
    assert lines[1]["reportKey"] == "k2"


def test_workloads_are_printed_with_their_report() -> None:
    """The part that is there only when asked for is in the line as it came."""
    with tempfile.TemporaryFile() as file:
        StdoutWarehouse(file.fileno()).write(batch_of([spooled(1, workloads=WORKLOADS)]))
        file.seek(0)
        assert json.loads(file.read())["workloads"] == WORKLOADS


def test_it_keeps_no_position() -> None:
    """What was printed cannot be known."""
    assert StdoutWarehouse(1).watermark("s1") is None


def test_a_full_or_closed_output_is_unavailable() -> None:
    """A write that fails is a failure that may pass."""
    descriptor = os.open(Path("/dev/full"), os.O_WRONLY)
    try:
        with pytest.raises(WarehouseUnavailable, match="No space left"):
            StdoutWarehouse(descriptor).write(BATCH)
    finally:
        os.close(descriptor)

"""Counting the reports in a table, by one query, and keeping releases in a table beside it."""

import time
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from census import Counts, Period, count_keys
from census.quantities import SCALES, THOUSAND
from census.questions import GIB
from census.reading import MOST
from collector.errors import WarehouseUnusable
from collector.warehouse.bigquery import BigQueryTable
from collector.warehouse.bigquery.loading import Loader
from collector.warehouse.bigquery.releases import Releases, prepare_releases
from collector.warehouse.bigquery.service import DEADLINES, Deadlines, Service
from collector.warehouse.bigquery.state import KNOWN_TABLES_FILE, KnownTables
from collector.warehouse.bigquery.table import each_once, missing_columns
from collector.warehouse.counting import CONSTANTS, CensusStore
from manifests import fill, read

_COLUMNS: Final = "clusterID, receivedAt, masterVersion, distribution, nodes, workloads"
_DAY: Final = timedelta(days=1)


def _scales(which: int) -> str:
    return " ".join(f"WHEN '{suffix}' THEN {scale[which]}" for suffix, scale in SCALES.items())


_CONSTANTS: Final = {
    **CONSTANTS,
    # In thousandths, as sizes are.
    "cpu_unit": str(THOUSAND),
    "memory_unit": str(THOUSAND * GIB),
    "largest": str(THOUSAND * GIB * MOST),
    "multipliers": _scales(0),
    "divisors": _scales(1),
}


def counting_query(table: BigQueryTable, period: Period) -> str:
    """Return the query that counts the reports of a period.

    Its days are constants, so that BigQuery reads no other partitions.
    """
    begin, end = _timestamp(period.first), _timestamp(period.last + _DAY)
    condition = f"receivedAt >= {begin} AND receivedAt < {end}"
    values = {**_CONSTANTS, "each_once": each_once(table, columns=_COLUMNS, condition=condition)}
    return fill(read("collector.warehouse.bigquery", "counting.sql"), values)


def _timestamp(day: date) -> str:
    return f"TIMESTAMP '{day.isoformat()} 00:00:00+00'"


class BigQueryCensus(CensusStore):
    """The reports in a table, and the releases in another. Counting makes and changes neither."""

    def __init__(
        self, reports: Service, releases: Service, *, known: KnownTables, deadlines: Deadlines
    ) -> None:
        """`close` closes both services."""
        self._reports: Final = reports
        self._service: Final = releases
        self._known: Final = known
        self._deadlines: Final = deadlines

    @cached_property
    def _releases(self) -> Releases:
        table = prepare_releases(self._service, self._known)
        return Releases(
            Loader(
                self._service,
                table,
                deadlines=self._deadlines,
                sleep=time.sleep,
                clock=time.monotonic,
            )
        )

    def count(self, period: Period) -> Counts:
        """Count the reports of a period. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
        if missing := missing_columns(self._reports):
            raise WarehouseUnusable(
                f"the reports in BigQuery table {self._reports.address} cannot be counted: it lacks"
                f" the columns {', '.join(missing)}, which a collector adds that may"
            )
        query = self._reports.query(counting_query(self._reports.address, period))
        self.bytes_billed += query.bytes_billed
        return count_keys(
            (str(question), str(key), int(str(units))) for question, key, units in query.rows
        )

    def releases(self) -> dict[str, bytes]:
        """Return what is kept. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
        return self._releases.read()

    def add_release(self, name: str, release: bytes) -> bytes:
        """Keep a release. Raises `WarehouseUnavailable` or `WarehouseUnusable`."""
        return self._releases.add(name, release)

    def close(self) -> None:
        """Close the connections."""
        self._reports.close()
        self._service.close()


def open_census(
    address: BigQueryTable,
    *,
    data_dir: Path,
    emulator: str | None = None,
    deadlines: Deadlines = DEADLINES,
) -> BigQueryCensus:
    """Open the table to count what is in it. Raises `WarehouseUnavailable`."""
    reports, releases = (
        Service(each, emulator=emulator, deadlines=deadlines)
        for each in (address, address.releases)
    )
    known = KnownTables(data_dir / KNOWN_TABLES_FILE)
    return BigQueryCensus(reports, releases, known=known, deadlines=deadlines)

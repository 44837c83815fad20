"""All reports of a folder, day by day, in no order that tells when in a day they came."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from collector.errors import WarehouseUnavailable
from collector.warehouse.parquet import sql
from collector.warehouse.parquet.engine import Engine
from collector.warehouse.parquet.reading import OpenedFile, opened_files
from collector.warehouse.parquet.staging import Staging

_ROWS_AT_ONCE: Final = 16
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "512MB",
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def lines_of(engine: Engine, files: Sequence[OpenedFile], staging: Staging) -> Iterator[bytes]:
    """Return each report as a line of JSON, as the wire has it, with the hour of receipt.

    Whoever reads slowly keeps nobody waiting. Raises `WarehouseUnavailable`.
    """
    for address in _day_files(engine, files, staging):
        yield from _lines_at(address)


def lines_in(path: Path) -> Iterator[bytes]:
    """Return each report in one Parquet file as such a line. Raises `WarehouseUnavailable`."""
    with opened_files([path]) as files:
        yield from _lines_at(files.addresses[0])


def _lines_at(address: str) -> Iterator[bytes]:
    with _readable(), duckdb.connect(config=_CONFIG) as reader:
        reader.execute(sql.lines_at(address))
        while rows := reader.fetchmany(_ROWS_AT_ONCE):
            for (text,) in rows:
                yield _without_nulls(text) + b"\n"


def _without_nulls(text: str) -> bytes:
    return msgspec.json.encode(_present(msgspec.json.decode(text)))


def _present(value: object) -> object:
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_present(each) for each in value]
    return value


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise WarehouseUnavailable(str(error).strip().partition("\n")[0]) from error


def write_one(engine: Engine, files: Sequence[OpenedFile], staging: Staging, target: str) -> None:
    """Write all reports as one Parquet file. Raises `WarehouseUnavailable`."""
    days = list(_day_files(engine, files, staging))
    engine.concatenate(days, target)


def _day_files(engine: Engine, files: Sequence[OpenedFile], staging: Staging) -> Iterator[str]:
    """Return one file a day: the day's own, or what its files are merged to."""
    days: defaultdict[str, list[str]] = defaultdict(list)
    for each in files:
        days[each.path.parent.name].append(each.address)
    for day, addresses in days.items():
        if len(addresses) == 1:
            yield addresses[0]
            continue
        staging.make_folder("spill")
        engine.merge(addresses, staging.address(day), spill=staging.address("spill"))
        yield staging.address(day)

"""A folder of Parquet files as a warehouse: one folder a UTC day of receipt, immutable files."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote, urlsplit

from collector.errors import InvalidWarehouseAddress
from collector.warehouse import Forgotten, Warehouse, WarehouseAddress

if TYPE_CHECKING:
    from collector.warehouse.counting import CensusStore


@dataclass(frozen=True)
class ParquetFolder(WarehouseAddress):
    """`parquet:///DIR`: a folder of Parquet files at an absolute path."""

    path: Path

    form = "parquet:///DIR"
    description = (
        "a folder of Parquet files at an absolute path; the default, in the data directory"
    )
    prefixes = ("parquet:", "duckdb:")
    keeps_watermark = True
    can_count = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the folder that `text` names. Raises `InvalidWarehouseAddress`."""
        if text.startswith("duckdb:"):
            raise InvalidWarehouseAddress(
                "duckdb:///PATH is no longer supported: a crash could damage such a file. Reports"
                " are kept in Parquet files, which DuckDB reads: use parquet:///DIR, or leave"
                " --database out"
            )
        parts = urlsplit(text)
        path = unquote(parts.path)
        is_plain = parts.scheme == "parquet" and not (parts.netloc or parts.query or parts.fragment)
        if not is_plain or not path.startswith("/") or not path.strip("/"):
            raise InvalidWarehouseAddress(
                "a folder of Parquet files is given as parquet:///ABSOLUTE/DIR, and nothing more"
            )
        return cls(Path(path))

    @property
    def text(self) -> str:
        """The address as `--database` takes it."""
        return f"parquet://{quote(str(self.path.absolute()))}"

    def open(self, data_dir: Path, environment: Mapping[str, str]) -> Warehouse:
        """Open the folder, for the one collector that writes to it."""
        del environment
        from collector.warehouse.parquet.warehouse import open_parquet

        return open_parquet(self.path, data_dir=data_dir)

    def open_census(self, data_dir: Path, environment: Mapping[str, str]) -> "CensusStore":
        """Open the folder to count what is in it, also beside the collector that writes there."""
        del environment
        from collector.warehouse.parquet.counting import ParquetCensus

        return ParquetCensus(self.path, data_dir=data_dir)

    def forget(
        self, cluster_id: str, *, data_dir: Path, environment: Mapping[str, str]
    ) -> Forgotten:
        """Delete the reports of a cluster, also beside the collector that writes there."""
        del data_dir, environment
        from collector.warehouse.parquet.engine import Engine
        from collector.warehouse.parquet.folder import Folder
        from collector.warehouse.parquet.upkeep import Upkeep

        if not self.path.is_dir():
            return Forgotten(0)
        with closing(Engine()) as engine:
            return Upkeep(Folder(self.path), engine).forget(cluster_id)

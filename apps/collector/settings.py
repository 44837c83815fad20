"""What an operator may set."""

from dataclasses import dataclass
from pathlib import Path

from collector.databases.catalogue import format_duckdb, parse_address


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run. Raises `InvalidDatabaseAddress` when it is made."""

    data_dir: Path
    """Where the spool is, and the DuckDB file unless `database` says otherwise."""

    host: str = "127.0.0.1"
    """The address to serve on: this machine only. `::` or `0.0.0.0` for every network."""

    port: int = 8080
    """The TCP port to serve on; 0 for any free one."""

    database: str = ""
    """Where reports end up; empty for a DuckDB file in the data directory."""

    shutdown_delay_seconds: float = 0.0
    """From a request to end until connections are refused: a load balancer's time to notice."""

    shutdown_grace_seconds: float = 20.0
    """For requests under way and for emptying the spool, after the delay."""

    verbose: bool = False
    """Log what helps to find a fault."""

    def __post_init__(self) -> None:
        parse_address(self.database_address)

    @property
    def database_address(self) -> str:
        """The address of the database; see `collector.databases.catalogue`."""
        return self.database or format_duckdb(self.data_dir / "reports.duckdb")

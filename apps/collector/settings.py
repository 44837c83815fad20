"""What an operator may set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.networks import Network
from collector.spool.limits import SpoolLimits
from collector.telemetry.log_settings import LogSettings
from collector.warehouse import WarehouseAddress
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.registry import parse_address

REPORTS_FOLDER: Final = "reports"
DEFAULT_POSTS_PER_MINUTE: Final = 60
_DEFAULT_SPOOL_LIMITS: Final = SpoolLimits()
_DEFAULT_LOG: Final = LogSettings()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run.

    Raises `InvalidWarehouseAddress` when it is made.
    """

    data_dir: Path
    """Where the spool is, and the reports unless `database` says otherwise."""

    host: str = "127.0.0.1"
    """The address to serve on: this machine only. `::` or `0.0.0.0` for every network."""

    port: int = 8080
    """The TCP port to serve on; 0 for any free one."""

    listen: Path | None = None
    """The Unix socket to serve on, instead of `host` and `port`."""

    admin_host: str = "127.0.0.1"
    """The address to serve metrics on; this machine only, because they are nobody else's."""

    admin_port: int | None = None
    """The TCP port to serve metrics on; 0 for any free one, None for none."""

    database: str = ""
    """Where reports end up; empty for a folder of Parquet files in the data directory."""

    spool_limits: SpoolLimits = _DEFAULT_SPOOL_LIMITS
    """How far the spool may grow."""

    connection_limit: int = 1000
    """Connections open at once. One more closes the one that has kept us waiting longest."""

    request_deadline_seconds: float = 30.0
    """From the first byte of a request to the last of its body, however steadily it trickles."""

    rate_limit: int | None = None
    """Posts a minute that one client may send, and as many at once.

    None: no limit without `trusted_networks`, `DEFAULT_POSTS_PER_MINUTE` with it.
    """

    trusted_networks: tuple[Network, ...] = ()
    """Where proxies are whose X-Forwarded-For says who the client is."""

    shutdown_delay_seconds: float = 0.0
    """From a request to end until connections are refused: a load balancer's time to notice."""

    shutdown_grace_seconds: float = 20.0
    """For requests under way and for emptying the spool, after the delay."""

    batch_seconds: float = 60.0
    """How long reports may wait in the spool for others to join their batch."""

    retention_days: int | None = None
    """How long a database keeps reports; None for ever."""

    log: LogSettings = _DEFAULT_LOG
    """Which events are logged, and how."""

    def __post_init__(self) -> None:
        _ = self.warehouse  # raises where `database` names none

    @property
    def warehouse(self) -> WarehouseAddress:
        """Where reports end up."""
        if not self.database:
            return ParquetFolder(self.data_dir / REPORTS_FOLDER)
        return parse_address(self.database)

    @property
    def posts_per_minute(self) -> int | None:
        """The limit that applies, None for none."""
        if self.rate_limit is None and self.trusted_networks:
            return DEFAULT_POSTS_PER_MINUTE
        return self.rate_limit

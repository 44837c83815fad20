"""What an operator may set. Each flag, and the variable that stands for it, is declared here once.

Commands with flags of their own derive from these classes (`collector.commands`).
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from msgspec import Struct

from collector.errors import DataDirectoryUnusable
from collector.spool.backlog import MIB, SpoolLimits
from collector.values import (
    LogFormat,
    LogLevel,
    LogSettings,
    Network,
    Publish,
    PublishPlan,
    days,
    first_day,
    host_name,
    networks,
    number,
    public_address,
    seconds,
    unix_socket,
    whole,
)
from collector.warehouse import WarehouseAddress
from collector.warehouse.parquet import ParquetFolder
from collector.warehouse.registry import parse_address
from command_line.flags import Environment, choice, flag, switch, whole_environment

REPORTS_FOLDER: Final = "reports"
DEFAULT_POSTS_PER_MINUTE: Final = 60
_MOST_MIB: Final = 2**40
_HOUR: Final = 3_600
_LEAST_EPSILON: Final = 0.1
_MOST_EPSILON: Final = 20.0


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return the data directory of one who names none: state, in the sense of the XDG rules.

    https://specifications.freedesktop.org/basedir-spec/latest/
    Raises `DataDirectoryUnusable` where there is no home directory.
    """
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        try:
            state = Path.home() / ".local" / "state"
        except RuntimeError as error:
            raise DataDirectoryUnusable(
                "there is no home directory to keep data in; give one with --data-dir"
            ) from error
    return state / "spartakus-collector"


class DataDirectorySettings(Struct, frozen=True, kw_only=True):
    """Where a collector keeps its files."""

    data_dir: Path = flag(
        Path,
        metavar="DIRECTORY",
        default_from=default_data_dir,
        help="Directory of the spool and, by default, of the reports; made when missing."
        " By default spartakus-collector in $XDG_STATE_HOME or ~/.local/state.",
    )

    @property
    def existing_data_dir(self) -> Path:
        """The directory, for a command that makes none. Raises `DataDirectoryUnusable`."""
        if not self.data_dir.is_dir():
            raise DataDirectoryUnusable(
                f"there is no data directory {self.data_dir}; name it with --data-dir"
            )
        return self.data_dir


class WarehouseSettings(DataDirectorySettings, frozen=True, kw_only=True):
    """Where reports end up."""

    database: WarehouseAddress | None = flag(
        parse_address,
        metavar="ADDRESS",
        help="Where reports end up; --print-databases lists what there is."
        " By default a folder of Parquet files, reports, in the data directory.",
    )
    environment: Environment = whole_environment()
    """What the clients of warehouses, and service managers, look up."""

    @property
    def warehouse(self) -> WarehouseAddress:
        """The warehouse, for whose default the flag is left out."""
        return self.database or ParquetFolder(self.data_dir / REPORTS_FOLDER)


class LoggedSettings(WarehouseSettings, frozen=True, kw_only=True):
    """What a command that logs takes besides."""

    log_level: LogLevel = choice(
        LogLevel, default=LogLevel.INFO, help="The least severe event that is logged."
    )
    log_format: LogFormat = choice(
        LogFormat,
        default=LogFormat.AUTO,
        help="How an event is written; auto is console on a terminal, and json elsewhere.",
    )
    verbose: bool = switch("-v", "--verbose", help="The same as --log-level debug.")
    original_verbosity: int = flag(
        whole(0, 1_000),
        "--v",
        metavar="N",
        default="0",
        hidden=True,
        has_variable=False,
        help="The original's flag: from 1 on as --verbose.",
    )

    @property
    def log(self) -> LogSettings:
        """Which events are logged, and how."""
        is_verbose = self.verbose or self.original_verbosity > 0
        return LogSettings(
            level=LogLevel.DEBUG if is_verbose else self.log_level, form=self.log_format
        )


class Settings(LoggedSettings, frozen=True, kw_only=True):
    """The settings of a collector that serves. `admin_port` None is none, port 0 any free one."""

    host: str = flag(
        host_name,
        metavar="ADDRESS",
        default="127.0.0.1",
        help="Address to serve on: this machine only by default; :: for every network.",
    )
    port: int = flag(
        whole(0, 65_535), metavar="PORT", default="8080", help="TCP port; 0 for any free one."
    )
    listen: Path | None = flag(
        unix_socket,
        metavar="unix:PATH",
        help="Unix socket to serve on, instead of --host and --port. A socket that systemd hands"
        " over comes before both.",
    )
    admin_host: str = flag(
        host_name,
        metavar="ADDRESS",
        default="127.0.0.1",
        help="Address to serve /metrics on, with --admin-port.",
    )
    admin_port: int | None = flag(
        whole(0, 65_535),
        metavar="PORT",
        help="TCP port to serve /metrics on; 0 for any free one. Without it only `collector status`"
        " reads them.",
    )
    spool_limit: int = flag(
        whole(1, _MOST_MIB),
        metavar="MIB",
        default="4096",
        help="Mebibytes of reports, compressed, that may wait for the warehouse; then 503.",
    )
    free_disk: int = flag(
        whole(0, _MOST_MIB),
        metavar="MIB",
        default="64",
        help="Mebibytes to keep free on the disk of the data directory; with less, 503.",
    )
    connection_limit: int = flag(
        whole(1, 1_000_000),
        metavar="COUNT",
        default="1000",
        help="Connections open at once; one more closes the one that has waited longest.",
    )
    request_deadline_seconds: float = flag(
        seconds(1, _HOUR),
        "--request-deadline",
        metavar="SECONDS",
        default="30",
        help="Seconds from the first byte of a request to its last.",
    )
    rate_limit: int | None = flag(
        whole(1, 1_000_000),
        metavar="COUNT",
        help="Posts a minute that one client address (IPv6: a /64) may send, and as many at once;"
        f" then 429. By default no limit, but {DEFAULT_POSTS_PER_MINUTE} with --trusted-proxies.",
    )
    trusted_networks: tuple[Network, ...] = flag(
        networks,
        "--trusted-proxies",
        metavar="NETWORKS",
        default="",
        help="Networks, separated by commas, whose X-Forwarded-For or Forwarded names the client."
        " A client of a Unix socket counts as 127.0.0.1.",
    )
    shutdown_delay_seconds: float = flag(
        seconds(0, _HOUR),
        "--shutdown-delay",
        metavar="SECONDS",
        default="0",
        help="Seconds to go on serving after SIGTERM, while /readyz says 503.",
    )
    shutdown_grace_seconds: float = flag(
        seconds(0, 24 * _HOUR),
        "--shutdown-grace",
        metavar="SECONDS",
        default="20",
        help="Seconds, after that, to finish requests and to empty the spool.",
    )
    batch_seconds: float = flag(
        seconds(0, _HOUR),
        metavar="SECONDS",
        default="60",
        help="Seconds that reports may wait in the spool for others to join their batch.",
    )
    retention_days: int | None = flag(
        days,
        "--retention",
        metavar="DAYS",
        help="Delete reports once they are older, such as 400d. By default never.",
    )
    publish: Publish = choice(
        Publish,
        default=Publish.OFF,
        help="Publish what the census says, a release a period, with noise that hides each cluster;"
        " exact is each month without noise, for a closed circle.",
    )
    publish_epsilon: float = flag(
        number(_LEAST_EPSILON, _MOST_EPSILON),
        metavar="EPSILON",
        default="4",
        help="Privacy budget of a year's releases together; less is more noise.",
    )
    publish_since: date | None = flag(
        first_day,
        metavar="DAY",
        help="Publish no period that begins before this day or month, such as 2026-11. By default"
        " none before the one in which publishing was first switched on.",
    )
    publish_missed: date | None = flag(
        first_day,
        metavar="DAY",
        help="Publish also what came due through this day while the collector was off. Only where"
        " nobody has seen a release of it.",
    )
    public_address: str | None = flag(
        public_address,
        metavar="URL",
        help="Address by which others reach this collector: the page names it to those who join.",
    )

    @property
    def publish_plan(self) -> PublishPlan | None:
        """What is to be published, None for nothing."""
        if self.publish is Publish.OFF:
            return None
        return PublishPlan(
            self.publish, self.publish_epsilon, self.publish_since, self.publish_missed
        )

    @property
    def spool_limits(self) -> SpoolLimits:
        """How far the spool may grow."""
        return SpoolLimits(max_bytes=self.spool_limit * MIB, min_free_bytes=self.free_disk * MIB)

    @property
    def posts_per_minute(self) -> int | None:
        """The limit that applies to one client, None for none."""
        if self.rate_limit is None and self.trusted_networks:
            return DEFAULT_POSTS_PER_MINUTE
        return self.rate_limit

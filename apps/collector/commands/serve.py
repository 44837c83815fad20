"""`collector serve`: receive reports. The command without a word."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

import release
from collector.commands.data_dir import chosen_data_dir
from collector.commands.options import Database, DataDir, Format, Level, Verbose
from collector.commands.values import host as parse_host
from collector.commands.values import seconds, unix_socket, whole
from collector.networks import parse_networks
from collector.settings import DEFAULT_POSTS_PER_MINUTE, Settings
from collector.spool.limits import MIB, SpoolLimits
from collector.telemetry.log_settings import LogFormat, LogLevel, LogSettings
from collector.version import VERSION
from collector.warehouse.registry import KINDS

_EXBIBYTE_IN_MIB = 2**40
_HOUR = 3_600


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
    if wanted:
        typer.echo(release.with_commit(VERSION, release.built_from()))
        raise typer.Exit


def _print_databases(wanted: bool) -> None:  # noqa: FBT001 - as above
    if wanted:
        for kind in KINDS:
            typer.echo(f"{kind.form}\n    {kind.description}")
        raise typer.Exit


_Host: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        envvar="SPARTAKUS_HOST",
        parser=parse_host,
        help="Address to serve on: this machine only by default; :: for every network.",
    ),
]
_Port: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        envvar="SPARTAKUS_PORT",
        parser=whole(0, 65_535),
        help="TCP port; 0 for any free one.",
    ),
]
_Listen: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="unix:PATH",
        envvar="SPARTAKUS_LISTEN",
        parser=unix_socket,
        help="Unix socket to serve on, instead of --host and --port. A socket that systemd hands"
        " over comes before both.",
    ),
]
_AdminHost: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        envvar="SPARTAKUS_ADMIN_HOST",
        parser=parse_host,
        help="Address to serve /metrics on, with --admin-port.",
    ),
]
_AdminPort: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="PORT",
        envvar="SPARTAKUS_ADMIN_PORT",
        parser=whole(0, 65_535),
        help="TCP port to serve /metrics on; 0 for any free one. Without it only `collector status`"
        " reads them.",
    ),
]
_SpoolLimit: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="MIB",
        envvar="SPARTAKUS_SPOOL_LIMIT",
        parser=whole(1, _EXBIBYTE_IN_MIB),
        help="Mebibytes of reports, compressed, that may wait for the database; then 503.",
    ),
]
_FreeDisk: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="MIB",
        envvar="SPARTAKUS_FREE_DISK",
        parser=whole(0, _EXBIBYTE_IN_MIB),
        help="Mebibytes to keep free on the disk of the data directory; with less, 503.",
    ),
]
_ConnectionLimit: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="COUNT",
        envvar="SPARTAKUS_CONNECTION_LIMIT",
        parser=whole(1, 1_000_000),
        help="Connections open at once; one more closes the one that has waited longest.",
    ),
]
_RequestDeadline: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_REQUEST_DEADLINE",
        parser=seconds(1, _HOUR),
        help="Seconds from the first byte of a request to its last.",
    ),
]
_RateLimit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        envvar="SPARTAKUS_RATE_LIMIT",
        parser=whole(1, 1_000_000),
        help="Posts a minute that one client address (IPv6: a /64) may send, and as many at once;"
        f" then 429. By default no limit, but {DEFAULT_POSTS_PER_MINUTE} with --trusted-proxies.",
    ),
]
_TrustedProxies: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NETWORKS",
        envvar="SPARTAKUS_TRUSTED_PROXIES",
        help="Networks, separated by commas, whose X-Forwarded-For or Forwarded names the client."
        " Who comes through a Unix socket counts as 127.0.0.1.",
    ),
]
_ShutdownDelay: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_SHUTDOWN_DELAY",
        parser=seconds(0, _HOUR),
        help="Seconds to go on serving after SIGTERM, while /readyz says 503.",
    ),
]
_ShutdownGrace: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_SHUTDOWN_GRACE",
        parser=seconds(0, 24 * _HOUR),
        help="Seconds, after that, to finish requests and to empty the spool.",
    ),
]
_BatchSeconds: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_BATCH_SECONDS",
        parser=seconds(0, _HOUR),
        help="Seconds that reports may wait in the spool for others to join their batch.",
    ),
]
_Retention: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="DAYS",
        envvar="SPARTAKUS_RETENTION",
        help="Delete reports once they are older, such as 400d. By default never.",
    ),
]
_OriginalVerbosity: TypeAlias = Annotated[
    int,
    typer.Option(
        "--v",
        hidden=True,
        metavar="N",
        parser=whole(0, 1_000),
        help="The original's flag: from 1 on as --verbose.",
    ),
]
_PrintDatabases: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--print-databases",
        callback=_print_databases,
        is_eager=True,
        help="List the databases that reports can end up in.",
    ),
]
_Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
]


def serve(
    *,
    host: _Host = Settings.host,
    port: _Port = Settings.port,
    listen: _Listen = None,
    data_dir: DataDir = None,
    database: Database = "",
    admin_host: _AdminHost = Settings.admin_host,
    admin_port: _AdminPort = None,
    spool_limit: _SpoolLimit = SpoolLimits.max_bytes // MIB,
    free_disk: _FreeDisk = SpoolLimits.min_free_bytes // MIB,
    connection_limit: _ConnectionLimit = Settings.connection_limit,
    request_deadline: _RequestDeadline = Settings.request_deadline_seconds,
    rate_limit: _RateLimit = None,
    trusted_proxies: _TrustedProxies = "",
    shutdown_delay: _ShutdownDelay = Settings.shutdown_delay_seconds,
    shutdown_grace: _ShutdownGrace = Settings.shutdown_grace_seconds,
    batch_seconds: _BatchSeconds = Settings.batch_seconds,
    retention: _Retention = "",
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.AUTO,
    verbose: Verbose = False,
    original_verbosity: _OriginalVerbosity = 0,
    _databases: _PrintDatabases = False,
    _version: _Version = False,
) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them in a database."""
    # Only now, so that --help is quick.
    from collector.retention import parse_retention
    from collector.wiring import run

    settings = Settings(
        host=host,
        port=port,
        listen=listen,
        data_dir=chosen_data_dir(data_dir),
        database=database,
        admin_host=admin_host,
        admin_port=admin_port,
        spool_limits=SpoolLimits(max_bytes=spool_limit * MIB, min_free_bytes=free_disk * MIB),
        connection_limit=connection_limit,
        request_deadline_seconds=request_deadline,
        rate_limit=rate_limit,
        trusted_networks=parse_networks(trusted_proxies),
        shutdown_delay_seconds=shutdown_delay,
        shutdown_grace_seconds=shutdown_grace,
        batch_seconds=batch_seconds,
        retention_days=parse_retention(retention) if retention else None,
        log=LogSettings.of(log_level, log_format, verbose=verbose or original_verbosity > 0),
    )
    run(settings, os.environ, process_id=os.getpid())

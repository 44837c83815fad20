"""`collector`: receive reports. The command without a word."""

from typing import Annotated, TypeAlias

import typer

import release
from collector.commands.data_dir import chosen_data_dir
from collector.commands.options import Database, DataDir, Verbose
from collector.settings import DEFAULT_POSTS_PER_MINUTE, Settings
from collector.spool.limits import MIB, SpoolLimits
from collector.version import VERSION
from collector.warehouse.catalogue import KINDS


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
        envvar="SPARTAKUS_HOST",
        help="Address to serve on: this machine only by default; :: for every network.",
    ),
]
_Port: TypeAlias = Annotated[
    int,
    typer.Option(envvar="SPARTAKUS_PORT", min=0, max=65_535, help="TCP port; 0 for any free one."),
]
_AdminHost: TypeAlias = Annotated[
    str,
    typer.Option(
        envvar="SPARTAKUS_ADMIN_HOST", help="Address to serve /metrics on, with --admin-port."
    ),
]
_AdminPort: TypeAlias = Annotated[
    int | None,
    typer.Option(
        envvar="SPARTAKUS_ADMIN_PORT",
        min=0,
        max=65_535,
        help="TCP port to serve /metrics on; 0 for any free one. Without it they are not served.",
    ),
]
_SpoolLimit: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="MIB",
        envvar="SPARTAKUS_SPOOL_LIMIT",
        min=1,
        help="Mebibytes of reports, compressed, that may wait for the database; then 503.",
    ),
]
_FreeDisk: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="MIB",
        envvar="SPARTAKUS_FREE_DISK",
        min=0,
        help="Mebibytes to keep free on the disk of the data directory; with less, 503.",
    ),
]
_ConnectionLimit: TypeAlias = Annotated[
    int,
    typer.Option(
        envvar="SPARTAKUS_CONNECTION_LIMIT",
        min=1,
        help="Connections open at once; one more closes the one that has waited longest.",
    ),
]
_RequestDeadline: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_REQUEST_DEADLINE",
        min=1,
        help="Seconds from the first byte of a request to its last.",
    ),
]
_RateLimit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        envvar="SPARTAKUS_RATE_LIMIT",
        min=1,
        help="Posts a minute that one client address (IPv6: a /64) may send, and as many at once;"
        f" then 429. By default no limit, but {DEFAULT_POSTS_PER_MINUTE} with --trusted-proxies.",
    ),
]
_TrustedProxies: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NETWORKS",
        envvar="SPARTAKUS_TRUSTED_PROXIES",
        help="Networks, separated by commas, whose X-Forwarded-For says who the client is.",
    ),
]
_ShutdownDelay: TypeAlias = Annotated[
    float,
    typer.Option(
        envvar="SPARTAKUS_SHUTDOWN_DELAY",
        min=0,
        help="Seconds to go on serving after SIGTERM, while /readyz says 503.",
    ),
]
_ShutdownGrace: TypeAlias = Annotated[
    float,
    typer.Option(
        envvar="SPARTAKUS_SHUTDOWN_GRACE",
        min=0,
        help="Seconds, after that, to finish requests and to empty the spool.",
    ),
]
_BatchSeconds: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        envvar="SPARTAKUS_BATCH_SECONDS",
        min=0,
        max=3_600,
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
    int, typer.Option("--v", hidden=True, help="The original's flag: from 1 on as --verbose.")
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
    host: _Host = "127.0.0.1",
    port: _Port = 8080,
    data_dir: DataDir = None,
    database: Database = "",
    admin_host: _AdminHost = "127.0.0.1",
    admin_port: _AdminPort = None,
    spool_limit: _SpoolLimit = SpoolLimits.max_bytes // MIB,
    free_disk: _FreeDisk = SpoolLimits.min_free_bytes // MIB,
    connection_limit: _ConnectionLimit = Settings.connection_limit,
    request_deadline: _RequestDeadline = Settings.request_deadline_seconds,
    rate_limit: _RateLimit = None,
    trusted_proxies: _TrustedProxies = "",
    shutdown_delay: _ShutdownDelay = 0.0,
    shutdown_grace: _ShutdownGrace = 20.0,
    batch_seconds: _BatchSeconds = Settings.batch_seconds,
    retention: _Retention = "",
    verbose: Verbose = False,
    original_verbosity: _OriginalVerbosity = 0,
    _databases: _PrintDatabases = False,
    _version: _Version = False,
) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them in a database."""
    # Only now, so that --help is quick.
    from collector.retention import parse_retention
    from collector.wiring import run

    run(
        Settings(
            host=host,
            port=port,
            data_dir=chosen_data_dir(data_dir),
            database=database,
            admin_host=admin_host,
            admin_port=admin_port,
            spool_limits=SpoolLimits(max_bytes=spool_limit * MIB, min_free_bytes=free_disk * MIB),
            connection_limit=connection_limit,
            request_deadline_seconds=request_deadline,
            rate_limit=rate_limit,
            trusted_proxies=trusted_proxies,
            shutdown_delay_seconds=shutdown_delay,
            shutdown_grace_seconds=shutdown_grace,
            batch_seconds=batch_seconds,
            retention_days=parse_retention(retention) if retention else None,
            verbose=verbose or original_verbosity > 0,
        )
    )

"""The flags: the original's names and meaning, and what came since. Each also reads a variable."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

import release
from volunteer.version import VERSION


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        typer.echo(release.with_commit(VERSION, release.built_from()))
        raise typer.Exit


def _print_databases(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        from volunteer.delivery.destinations import DATABASES  # only this flag needs it

        typer.echo(DATABASES, nl=False)
        raise typer.Exit


ClusterId: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="UUID|auto",
        envvar="SPARTAKUS_CLUSTER_ID",
        help="A random UUID, or `auto` to derive one that stays the same.",
    ),
]
KeyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="SPARTAKUS_KEY_FILE",
        help="Secret of 64 hexadecimal digits that keys the pseudonyms of nodes.",
    ),
]
Period: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="DURATION",
        envvar="SPARTAKUS_PERIOD",
        help="Time between reports, as Go writes it; 0 reports once.",
    ),
]
Jitter: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        envvar="SPARTAKUS_JITTER",
        help=(
            "The first report waits a random part of this. By default a minute at most where"
            " reports go out periodically, else nothing."
        ),
    ),
]
RetryFor: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        envvar="SPARTAKUS_RETRY_FOR",
        help=(
            "How long to try to deliver one report. By default until the next is due, and an hour"
            " where there is none."
        ),
    ),
]
Database: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="stdout|URL",
        envvar="SPARTAKUS_DATABASE",
        help="Where reports go: standard output, or a collector.",
    ),
]
ExtensionPath: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--extensions",
        metavar="FILE|DIR",
        envvar="SPARTAKUS_EXTENSIONS",
        help="JSON objects whose members are sent with each report.",
    ),
]
Omit: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="FIELD,…", envvar="SPARTAKUS_OMIT", help="Fields to leave out of the report."
    ),
]
Verbatim: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="FIELD,…",
        envvar="SPARTAKUS_VERBATIM",
        help="Fields to send as they are in the cluster.",
    ),
]
Include: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="workloads",
        envvar="SPARTAKUS_INCLUDE",
        help=(
            "Report more than nodes: with `workloads` how many namespaces and workloads there are,"
            " and their ages."
        ),
    ),
]
KubeconfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--kubeconfig",
        metavar="PATH",
        envvar="SPARTAKUS_KUBECONFIG",
        help="The cluster to look at. By default the one that the pod is in, else as kubectl does.",
    ),
]
ContextName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        envvar="SPARTAKUS_CONTEXT",
        help="The context of the kubeconfig.",
    ),
]
CaFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="SPARTAKUS_CA_FILE",
        help="Certificate authorities, in PEM form, to check the collector's certificate with.",
    ),
]
Compress: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--compress",
        envvar="SPARTAKUS_COMPRESS",
        help="Send reports compressed with gzip; the original's collector cannot read them.",
    ),
]
AsJson: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json",
        envvar="SPARTAKUS_JSON",
        help="With preview: print the exact bytes that would be sent.",
    ),
]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("-v", "--verbose", envvar="SPARTAKUS_VERBOSE", help="Log more.")
]
OriginalVerbosity: TypeAlias = Annotated[
    int, typer.Option("--v", metavar="N", hidden=True, help="As the original: above 0 logs more.")
]
Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
]
PrintDatabases: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--print-databases",
        callback=_print_databases,
        is_eager=True,
        help="Print what --database takes.",
    ),
]

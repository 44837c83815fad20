"""`collector serve`: receive reports. The command without a word."""

import os
from typing import Final

import release
from collector.settings import Settings
from collector.version import VERSION
from collector.warehouse.registry import KINDS
from command_line.program import Command, Information


def serve(settings: Settings) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them in a database."""
    # Only now, so that --help is quick.
    from collector.wiring import run

    run(settings, os.environ, process_id=os.getpid())


def _version() -> str:
    return release.with_commit(VERSION, release.built_from())


def _databases() -> str:
    return "\n".join(f"{kind.form}\n    {kind.description}" for kind in KINDS)


COMMAND: Final = Command(
    Settings,
    serve,
    {
        "--print-databases": Information(
            "List the databases that reports can end up in.", _databases
        ),
        "--version": Information("Say the version.", _version),
    },
)

"""`collector serve`: receive reports. The command without a word."""

import os
from typing import Final

from collector.settings import Settings
from collector.values import Publish
from collector.warehouse.registry import KINDS
from command_line.errors import InvalidOption
from command_line.program import Command, information
from release import VERSION


def serve(settings: Settings) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them."""
    if settings.publish is not Publish.OFF and not settings.warehouse.can_count:
        raise InvalidOption(
            "--publish",
            "reports are counted in Parquet files or in BigQuery, and"
            f" --database {settings.warehouse.text} only passes them on",
        )
    # Only now, so that --help is quick.
    from collector.wiring import run

    run(settings, process_id=os.getpid())


def _databases() -> str:
    return "\n".join(f"{kind.form}\n    {kind.description}" for kind in KINDS)


COMMAND: Final = Command(Settings, serve, information(VERSION, _databases))

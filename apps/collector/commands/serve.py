"""`collector serve`: receive reports. The command without a word."""

import os
from typing import Final

from collector.settings import Settings
from collector.values import Publish
from collector.warehouse.registry import KINDS
from command_line.errors import InvalidOption
from command_line.program import Command, information
from release import VERSION

_DAYS_KEPT: Final = {
    Publish.WEEKLY: 14,
    Publish.MONTHLY: 40,
    Publish.QUARTERLY: 100,
    Publish.EXACT: 40,
}
"""Days from the first report of a period until its release is made, and a few to spare."""


def serve(settings: Settings) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them."""
    _check_publishing(settings)
    # Only now, so that --help is quick.
    from collector.wiring import run

    run(settings, process_id=os.getpid())


def _check_publishing(settings: Settings) -> None:
    """Raise `InvalidOption` where what is to be published would not be there to be counted."""
    if settings.publish is Publish.OFF:
        return
    if not settings.warehouse.can_count:
        raise InvalidOption(
            "--publish",
            "reports are counted in Parquet files or in BigQuery, and"
            f" --database {settings.warehouse.text} only passes them on",
        )
    least = _DAYS_KEPT[settings.publish]
    if settings.retention_days is not None and settings.retention_days < least:
        raise InvalidOption(
            "--retention",
            f"{settings.retention_days}d deletes reports before they are counted: give {least}d or"
            f" more with --publish {settings.publish.value}",
        )


def _databases() -> str:
    return "\n".join(f"{kind.form}\n    {kind.description}" for kind in KINDS)


COMMAND: Final = Command(Settings, serve, information(VERSION, _databases))

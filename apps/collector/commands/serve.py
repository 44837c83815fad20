"""`collector serve`: receive reports. The command without a word."""

import os
from typing import Final

from collector.settings import Settings
from collector.warehouse.registry import KINDS
from command_line.program import Command, information
from release import VERSION


def serve(settings: Settings) -> None:
    """Receive anonymous reports of Kubernetes clusters over HTTP, and keep them."""
    # Only now, so that --help is quick.
    from collector.wiring import run

    run(settings, os.environ, process_id=os.getpid())


def _databases() -> str:
    return "\n".join(f"{kind.form}\n    {kind.description}" for kind in KINDS)


COMMAND: Final = Command(Settings, serve, information(VERSION, _databases))

"""`collector dead-letters`: what a warehouse refused, and sending it again."""

import json
import os
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

import typer

from collector.commands.shared import standard_output
from collector.disk.data_directory import BATCH_LOCK, SPOOL_NAME
from collector.disk.files import locked
from collector.errors import CommandFailed
from collector.records import SpooledReport
from collector.settings import DataDirectorySettings
from collector.spool.maintenance import readmit
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetter, DeadLetters
from command_line.flags import switch
from command_line.program import Command


class Letters(DataDirectorySettings, frozen=True, kw_only=True):
    """What is done with dead letters."""

    send: bool = switch(
        has_variable=False,
        help="Put all of them back into the spool, once the cause of the refusal is fixed.",
    )
    reports: bool = switch(
        has_variable=False, help="Print the reports as well, not only the reasons."
    )


def dead_letters(settings: Letters) -> None:
    """List the reports that a warehouse refused for good, one line of JSON each."""
    directory = settings.existing_data_dir
    path = directory / DEAD_LETTERS_FILE
    if not path.exists():
        typer.echo("0 dead letters", err=True)
        return
    with closing(DeadLetters(path, clock=time.time)) as letters:
        found = list(letters)
        if not settings.send:
            with standard_output() as output:
                output.writelines(_line(each, reports=settings.reports) for each in found)
            typer.echo(f"{len(found)} dead letters", err=True)
            return
        spool = directory / SPOOL_NAME
        if not spool.exists():
            raise CommandFailed(f"there is no spool in {directory}")
        # In the spool before they are removed here: a crash sends some twice, and loses none.
        with locked(directory / BATCH_LOCK):
            count = readmit(spool, map(_spooled, found), random_bytes=os.urandom)
            letters.remove(found)
    typer.echo(f"{count} reports are in the spool again", err=True)


def _line(letter: DeadLetter, *, reports: bool) -> bytes:
    shown: dict[str, object] = {
        "reportKey": letter.report_key,
        "reason": letter.reason,
        "refusedAt": _hour(letter.refused_at),
        "receivedAt": _hour(letter.received_at),
    }
    if reports:
        shown["report"] = json.loads(letter.encoded)
    return json.dumps(shown).encode() + b"\n"


def _hour(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spooled(letter: DeadLetter) -> SpooledReport:
    return SpooledReport(0, letter.report_key, letter.received_at, letter.encoded)


COMMAND: Final = Command(Letters, dead_letters)

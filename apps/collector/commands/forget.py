"""`collector forget`: remove a cluster from everything that is kept."""

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import typer

from collector.commands.shared import SCRATCH, remove_left_over, standard_input
from collector.disk.data_directory import BATCH_LOCK, SPOOL_NAME, check_private, is_in_use
from collector.disk.files import locked
from collector.errors import CommandFailed
from collector.settings import WarehouseSettings
from collector.spool.maintenance import forget_in_spool
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from command_line.errors import InvalidValue
from command_line.flags import flag
from command_line.program import Command

_FROM_STDIN: Final = "-"
_LONGEST_ID: Final = 1_024


def _from_stdin(text: str) -> str:
    if text != _FROM_STDIN:
        raise InvalidValue("must be -: the ID is read from standard input")
    return text


class Forget(WarehouseSettings, frozen=True, kw_only=True):
    """Where the cluster is named."""

    cluster_id: str = flag(
        _from_stdin,
        metavar=_FROM_STDIN,
        required=True,
        has_variable=False,
        help="Always -: the ID is read from standard input, because a command line is seen by"
        " other users and remembered by shells.",
    )


def forget(settings: Forget) -> None:
    """Remove a cluster from spool, reports and dead letters, whether the collector runs or not."""
    identity = _read_identity()
    directory = settings.existing_data_dir
    check_private(directory)
    # Nothing is on its way from spool to warehouse meanwhile.
    with locked(directory / BATCH_LOCK):
        spooled = _forget_in_spool(directory / SPOOL_NAME, identity, directory)
        typer.echo(f"spool: {spooled} reports removed")
        forgotten = settings.warehouse.forget(
            identity, data_dir=directory, environment=settings.environment
        )
        typer.echo(f"warehouse: {forgotten.removed} reports removed")
        typer.echo(f"dead letters: {_forget_in_dead_letters(directory, identity)} reports removed")
        remove_left_over(directory, SCRATCH)
    if forgotten.remains:
        typer.echo(forgotten.remains)
    if forgotten.is_incomplete:
        raise CommandFailed("the cluster is not forgotten everywhere; see above")


def _read_identity() -> str:
    line = standard_input().readline(_LONGEST_ID)
    try:
        identity = line.decode().strip()
    except UnicodeDecodeError as error:
        raise CommandFailed("standard input holds no cluster ID: it is not text") from error
    if not identity:
        raise CommandFailed("standard input holds no cluster ID")
    return identity


def _forget_in_spool(path: Path, identity: str, directory: Path) -> int:
    if not path.exists():
        return 0
    return forget_in_spool(path, identity, random_bytes=os.urandom, is_in_use=is_in_use(directory))


def _forget_in_dead_letters(directory: Path, identity: str) -> int:
    path = directory / DEAD_LETTERS_FILE
    if not path.exists():
        return 0
    with closing(DeadLetters(path, clock=time.time)) as dead_letters:
        return dead_letters.forget(identity)


COMMAND: Final = Command(Forget, forget)

"""`collector forget`: remove a cluster from everything that is kept."""

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from collector.commands.data_dir import existing_data_dir
from collector.commands.options import Database, DataDir
from collector.control.client import NotRunning, ask
from collector.control.messages import SOCKET_NAME, HasForgotten
from collector.control.messages import Forget as ForgetRequest
from collector.data_directory import DataDirectory
from collector.errors import CommandFailed
from collector.settings import Settings
from collector.spool.forgetting import forget_in_spool
from collector.warehouse.abilities import Forgets, Forgotten
from collector.warehouse.catalogue import parse_address
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.opening import opener_of

_FROM_STDIN = "-"

_ClusterId: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar=_FROM_STDIN,
        help="Always -: the ID is read from standard input, because a command line is seen by"
        " other users and remembered by shells.",
    ),
]


def forget(*, cluster_id: _ClusterId, data_dir: DataDir = None, database: Database = "") -> None:
    """Remove a cluster from spool, database and dead letters, whether the collector runs or not.

    While it runs, reports of the cluster in the spool reach the database first.
    """
    if cluster_id != _FROM_STDIN:
        raise CommandFailed("--cluster-id must be -: the ID is read from standard input")
    identity = sys.stdin.readline().strip()
    if not identity:
        raise CommandFailed("standard input holds no cluster ID")
    directory = existing_data_dir(data_dir)
    try:
        forgotten = _ask(directory, identity)
    except NotRunning:
        settings = Settings(data_dir=directory, database=database)
        with DataDirectory(directory) as locked:
            if locked.spool.exists():
                spooled = forget_in_spool(locked.spool, identity, random_bytes=os.urandom)
                typer.echo(f"spool: {spooled} reports removed")
            forgotten = _forget_in_database(settings, identity)
    typer.echo(f"database: {forgotten.removed} reports removed")
    typer.echo(f"dead letters: {_forget_in_dead_letters(directory, identity)} reports removed")
    if forgotten.remains:
        typer.echo(forgotten.remains)


def _ask(directory: Path, identity: str) -> Forgotten:
    done = ask(directory / SOCKET_NAME, ForgetRequest(identity), lambda _: None)
    if not isinstance(done, HasForgotten):
        raise CommandFailed("the collector answered something else than was asked")
    return done.forgotten


def _forget_in_database(settings: Settings, identity: str) -> Forgotten:
    opener = opener_of(
        parse_address(settings.database_address),
        data_dir=settings.data_dir,
        environment=os.environ,
    )
    with closing(opener()) as database:
        if isinstance(database, Forgets):
            return database.forget(identity)
    return Forgotten(0, "What this database took is out of the collector's hands.")


def _forget_in_dead_letters(directory: Path, identity: str) -> int:
    path = directory / DEAD_LETTERS_FILE
    if not path.exists():
        return 0
    with closing(DeadLetters(path, clock=time.time)) as dead_letters:
        return dead_letters.forget(identity)

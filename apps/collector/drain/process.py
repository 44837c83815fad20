"""The program that drains the spool: started by the collector, ends with it.

A process of its own, so that a database's work costs the service neither memory nor latency
(docs/decisions/0003-drain-process.md). Its standard input is a socket to the collector.
"""

import argparse
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from collector.control.messages import SOCKET_NAME
from collector.control.requests import Requests, Waiting
from collector.control.server import ControlServer
from collector.drain.channel import SocketChannel, end_process
from collector.drain.loop import Channel, Drain, Pace
from collector.drain.messages import Expired, Lacking, Refused
from collector.errors import CollectorError, DataDirectoryUnusable
from collector.retention import Retention
from collector.shared_database import SharedDatabase
from collector.spool.reader import SpoolReader
from collector.warehouse import OpenWarehouse, Warehouse
from collector.warehouse.abilities import LacksColumns
from collector.warehouse.catalogue import parse_address
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.opening import opener_of

_PRIVATE_UMASK: Final = 0o077
# Where processors are scarce clients come first: rows can wait in the spool.
_NICENESS: Final = 5


class _Arguments(argparse.Namespace):
    spool: Path
    database: str
    retention_days: int | None
    batch_seconds: float


def main() -> None:
    """Drain the spool that the arguments name until the collector says so or is gone."""
    parser = argparse.ArgumentParser(prog="collector-drain")
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--retention-days", type=int)
    parser.add_argument("--batch-seconds", type=float, default=Pace.batch_seconds)
    arguments = parser.parse_args(namespace=_Arguments())
    # A signal to the whole group, as of Ctrl-C, is for the collector: it says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.umask(_PRIVATE_UMASK)
    os.nice(_NICENESS)
    line = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with closing(SocketChannel(line, orphaned=end_process)) as channel:
        channel.listen()
        try:
            _drain(arguments, channel)
        except CollectorError as error:
            channel.tell(Refused(str(error)))


def _drain(arguments: _Arguments, channel: SocketChannel) -> None:
    jitter: Callable[[], float] = random.SystemRandom().random
    opener = opener_of(
        parse_address(arguments.database), data_dir=arguments.spool.parent, environment=os.environ
    )
    database = SharedDatabase(partial(_open, opener, channel))
    control = Requests(
        database, spool=arguments.spool, waiting=Waiting(clock=time.monotonic, sleep=time.sleep)
    )
    with (
        closing(SpoolReader(arguments.spool)) as source,
        closing(_listen(arguments.spool.with_name(SOCKET_NAME), control)) as server,
    ):
        server.start()
        with _retention(database, arguments, channel):
            Drain(
                source,
                database.open,
                channel,
                pace=Pace(batch_seconds=arguments.batch_seconds),
                jitter=jitter,
                clock=time.monotonic,
            ).run()


def _open(open_database: OpenWarehouse, channel: Channel) -> Warehouse:
    """Open the database, and tell what its table lacks, if anything."""
    database = open_database()
    if isinstance(database, LacksColumns) and (columns := database.missing_columns()):
        channel.tell(Lacking(columns))
    return database


def _listen(path: Path, control: Requests) -> ControlServer:
    try:
        return ControlServer(path, control.answer)
    except OSError as error:
        raise DataDirectoryUnusable(f"{path} cannot be made: {error.strerror}") from error


@contextmanager
def _retention(
    database: SharedDatabase, arguments: _Arguments, channel: SocketChannel
) -> Iterator[None]:
    stopping = threading.Event()
    retention = Retention(
        database,
        days=arguments.retention_days,
        expire_dead_letters=partial(
            _expire_dead_letters, arguments.spool.with_name(DEAD_LETTERS_FILE)
        ),
        clock=time.time,
        wait=stopping.wait,
        expired=lambda count: channel.tell(Expired(count)),
    )
    thread = threading.Thread(target=retention.run, name="retention", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _expire_dead_letters(path: Path) -> None:
    if path.exists():
        with closing(DeadLetters(path, clock=time.time)) as dead_letters:
            dead_letters.expire()


if __name__ == "__main__":
    main()

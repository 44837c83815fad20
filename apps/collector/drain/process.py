"""The program that drains the spool: started by the collector, and it exits with it.

A process of its own, so that a warehouse's work costs the service neither memory nor latency
(docs/decisions/0003-drain-process.md). Its standard input is a socket to the collector.
"""

import argparse
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from collector.disk.data_directory import moving_reports
from collector.drain.channel import SocketChannel, exit_at_once
from collector.drain.loop import Channel, Drain, Pace
from collector.drain.messages import Expired, Lacking, Unusable, UpkeepFailed
from collector.drain.trials import TRIAL_FILE, TrialFile, Trials
from collector.drain.upkeep import Upkeep
from collector.errors import CollectorError
from collector.records import SpooledReport
from collector.spool.reader import SpoolReader
from collector.warehouse import OpenWarehouse, Warehouse
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters
from collector.warehouse.registry import parse_address

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
    # A signal to the whole group, as of Ctrl-C, is for the collector: it says when to exit.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.umask(_PRIVATE_UMASK)
    os.nice(_NICENESS)
    connection = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with closing(SocketChannel(connection, orphaned=exit_at_once)) as channel:
        channel.listen()
        try:
            _drain(arguments, channel)
        except CollectorError as error:
            channel.send(Unusable(str(error)))


def _drain(arguments: _Arguments, channel: SocketChannel) -> None:
    data_dir = arguments.spool.parent
    jitter: Callable[[], float] = random.SystemRandom().random
    opener = partial(parse_address(arguments.database).open, data_dir, os.environ)
    with closing(SpoolReader(arguments.spool)) as rows:
        Drain(
            rows,
            partial(_open, opener, channel),
            channel,
            pace=Pace(batch_seconds=arguments.batch_seconds),
            trials=Trials(TrialFile(data_dir / TRIAL_FILE), spool_id=rows.spool_id),
            lock=partial(moving_reports, data_dir),
            add_dead_letter=partial(_add_dead_letter, data_dir / DEAD_LETTERS_FILE),
            upkeep=_upkeep(arguments, channel),
            jitter=jitter,
            clock=time.monotonic,
        ).run()


def _upkeep(arguments: _Arguments, channel: SocketChannel) -> Upkeep:
    return Upkeep(
        retention_days=arguments.retention_days,
        expire_dead_letters=partial(
            _expire_dead_letters, arguments.spool.with_name(DEAD_LETTERS_FILE)
        ),
        now=time.time,
        clock=time.monotonic,
        expired=lambda count: channel.send(Expired(count)),
        failed=lambda reason: channel.send(UpkeepFailed(reason)),
    )


def _add_dead_letter(path: Path, report: SpooledReport, reason: str) -> None:
    with closing(DeadLetters(path, clock=time.time)) as dead_letters:
        dead_letters.add([(report, reason)])


def _open(open_warehouse: OpenWarehouse, channel: Channel) -> Warehouse:
    """Open the warehouse, and say what its table lacks, if anything."""
    warehouse = open_warehouse()
    if columns := warehouse.missing_columns():
        channel.send(Lacking(columns))
    return warehouse


def _expire_dead_letters(path: Path) -> None:
    if path.exists():
        with closing(DeadLetters(path, clock=time.time)) as dead_letters:
            dead_letters.expire()


if __name__ == "__main__":
    main()

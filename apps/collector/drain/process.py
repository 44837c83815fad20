"""The program that drains the spool: the collector starts it, and it exits with the collector.

A process of its own, so that a warehouse's work costs the service neither memory nor latency
(docs/decisions/0003-drain-process.md). Its standard input is a socket to the collector.
"""

import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from collector.disk.data_directory import BATCH_LOCK
from collector.disk.files import locked
from collector.drain.channel import SocketChannel, decode_settings
from collector.drain.loop import Channel, Drain, Pace, UpkeepSchedule
from collector.drain.messages import DrainSettings, Message, Notice, ReleaseSettings, Unusable
from collector.drain.trials import TRIAL_FILE, TrialFile, Trials
from collector.errors import CollectorError
from collector.spool.file import SpoolReader
from collector.warehouse import OpenWarehouse, Warehouse
from collector.warehouse.dead_letters import DEAD_LETTERS_FILE, DeadLetters, add_dead_letter
from collector.warehouse.registry import parse_address
from command_line.errors import defect_in_words

_PRIVATE_UMASK: Final = 0o077
# Where processors are scarce clients come first: rows can wait in the spool.
_NICENESS: Final = 5


def main() -> None:
    """Drain the spool that the argument names until the collector says so or is gone."""
    # A signal to the whole group, as of Ctrl-C, is for the collector: it says when to exit.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.umask(_PRIVATE_UMASK)
    os.nice(_NICENESS)
    connection = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with closing(SocketChannel(connection, on_orphaned=_exit_at_once)) as channel:
        channel.listen()
        try:
            _drain(decode_settings(sys.argv[1]), channel, os.environ)
        except CollectorError as error:
            channel.send(Unusable(str(error)))
        except Exception as error:  # noqa: BLE001 - a traceback could show a report
            channel.send(Unusable(defect_in_words(error)))


def _exit_at_once() -> None:
    """Exit. A warehouse that is being written stays as after a power cut: whole."""
    os._exit(1)


def _drain(settings: DrainSettings, channel: SocketChannel, environment: Mapping[str, str]) -> None:
    spool = Path(settings.spool)
    data_dir = spool.parent
    dead_letters = data_dir / DEAD_LETTERS_FILE
    open_warehouse = partial(parse_address(settings.warehouse).open, data_dir, environment)
    with closing(SpoolReader(spool)) as rows:
        Drain(
            rows,
            _opener(open_warehouse, channel),
            channel,
            pace=Pace(batch_seconds=settings.batch_seconds),
            trials=Trials(TrialFile(data_dir / TRIAL_FILE), spool_id=rows.spool_id),
            lock=partial(locked, data_dir / BATCH_LOCK),
            add_dead_letter=partial(add_dead_letter, dead_letters),
            upkeep=UpkeepSchedule(
                retention_days=settings.retention_days,
                expire_dead_letters=partial(_expire_dead_letters, dead_letters),
                make_releases=_make_releases(settings, channel),
                send=channel.send,
                now=time.time,
                clock=time.monotonic,
            ),
            jitter=random.SystemRandom().random,
            clock=time.monotonic,
        ).run()


def _make_releases(settings: DrainSettings, channel: Channel) -> Callable[[], None]:
    """Return what begins to make the releases that are due, if any are to be made."""
    plan = settings.publish
    if plan is None:
        return lambda: None
    # Only where something is published: they load the census.
    from collector.drain.releasing import Releasing, make_in_process

    def make(now: float) -> Iterator[Message]:
        data_dir = str(Path(settings.spool).parent)
        return make_in_process(
            ReleaseSettings(data_dir, settings.warehouse, plan, now, settings.retention_days)
        )

    clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    return Releasing(make, send=channel.send, now=time.time, clock=clock).check


def _opener(open_warehouse: OpenWarehouse, channel: Channel) -> OpenWarehouse:
    """Return what opens the warehouse, and says once which columns its table lacks."""
    lacking: set[tuple[str, ...]] = {()}

    def open_() -> Warehouse:
        warehouse = open_warehouse()
        columns = warehouse.missing_columns()
        if columns not in lacking:
            lacking.add(columns)
            event = (
                "the table lacks columns, and these credentials may not add them;"
                " what reports hold there is not kept"
            )
            channel.send(Notice(logging.WARNING, event, {"columns": columns}))
        return warehouse

    return open_


def _expire_dead_letters(path: Path) -> None:
    if path.exists():
        with closing(DeadLetters(path, clock=time.time)) as dead_letters:
            dead_letters.expire()


if __name__ == "__main__":
    main()

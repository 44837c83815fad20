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
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from collector.databases.catalogue import parse_address
from collector.databases.opening import opener_of
from collector.drain import Drain, Pace
from collector.drain_channel import SocketChannel, end_process
from collector.drain_messages import Refused
from collector.errors import CollectorError
from collector.spool_reader import SpoolReader

_PRIVATE_UMASK: Final = 0o077
# Where processors are scarce clients come first: rows can wait in the spool.
_NICENESS: Final = 5


def main() -> None:
    """Drain the spool that the arguments name until the collector says so or is gone."""
    parser = argparse.ArgumentParser(prog="collector-drain")
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--database", required=True)
    arguments = parser.parse_args()
    # A signal to the whole group, as of Ctrl-C, is for the collector: it says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.umask(_PRIVATE_UMASK)
    os.nice(_NICENESS)
    line = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with closing(SocketChannel(line, orphaned=end_process)) as channel:
        channel.listen()
        try:
            _drain(arguments.spool, arguments.database, channel)
        except CollectorError as error:
            channel.tell(Refused(str(error)))


def _drain(spool: Path, database: str, channel: SocketChannel) -> None:
    jitter: Callable[[], float] = random.SystemRandom().random
    with closing(SpoolReader(spool)) as source:
        opener = opener_of(parse_address(database))
        Drain(source, opener, channel, pace=Pace(), jitter=jitter).run()


if __name__ == "__main__":
    main()

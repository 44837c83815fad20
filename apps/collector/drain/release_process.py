"""The program that makes releases: the drain starts it, and it exits with the drain.

What it has to say it writes to standard output, a line of JSON each.
"""

import logging
import os
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from collector.drain.channel import decode_release_settings, encode
from collector.drain.messages import (
    Billed,
    Message,
    Notice,
    Released,
    ReleaseFailed,
    ReleaseSettings,
    Scheduled,
)
from collector.errors import CollectorError
from collector.publishing import store
from collector.publishing.making import Made, Publisher, Refused, Taken
from collector.warehouse.registry import parse_address
from command_line.errors import defect_in_words

_PRIVATE_UMASK: Final = 0o077
# Clients come first, and then the drain, which has 5.
_NICENESS: Final = 10


def main() -> None:
    """Make what is due, as the argument says."""
    os.umask(_PRIVATE_UMASK)
    os.nice(_NICENESS)
    threading.Thread(target=_exit_with_parent, name="parent", daemon=True).start()
    try:
        _make(decode_release_settings(sys.argv[1]), os.environ)
    except CollectorError as error:
        _send(ReleaseFailed(str(error)))
    except Exception as error:  # noqa: BLE001 - a traceback could show a report
        _send(ReleaseFailed(defect_in_words(error)))


def _make(settings: ReleaseSettings, environment: Mapping[str, str]) -> None:
    data_dir = Path(settings.data_dir)
    folder = data_dir / store.RELEASES_FOLDER
    address = parse_address(settings.warehouse)
    with closing(address.open_census(data_dir, environment)) as census:
        publisher = Publisher(
            folder,
            census,
            settings.plan,
            random_bits=secrets.randbits,
            retention_days=settings.retention_days,
        )
        try:
            for message in publish(publisher, now=settings.now):
                _send(message)
            _send(_schedule(publisher, folder, settings.now))
        finally:
            if census.bytes_billed:
                _send(Billed(census.bytes_billed))


def publish(publisher: Publisher, *, now: float) -> Iterator[Message]:
    """Make what is due; return what to say of it."""
    for each in publisher.publish_due(now):
        match each:
            case Made(name, seconds, bytes_billed):
                billed = {"bytes_billed": bytes_billed} if bytes_billed else {}
                yield Notice(logging.INFO, "a release was made", {"release": name, **billed})
                yield Released(name, seconds)
            case Taken(name):
                yield Notice(logging.INFO, "a release is in the warehouse", {"release": name})
                yield Released(name)
            case Refused(name, reason):
                event = "a release is not made"
                yield Notice(logging.WARNING, event, {"release": name, "reason": reason})


def _schedule(publisher: Publisher, folder: Path, now: float) -> Scheduled:
    releases = store.read(folder)
    through = _seconds(releases[-1].period.last) if releases else None
    return Scheduled(_seconds(publisher.next_due(now)), through)


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _send(message: Message) -> None:
    sys.stdout.buffer.write(encode(message))
    sys.stdout.buffer.flush()


def _exit_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # nobody writes to it: this returns at its end
    os._exit(1)


if __name__ == "__main__":
    main()

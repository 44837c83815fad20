"""What a running collector does when it is asked."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from collector.control.messages import Done, Export, Exported, Forget, HasForgotten, Request
from collector.errors import CommandFailed, WarehouseUnavailable
from collector.shared_database import SharedDatabase
from collector.spool.reader import SpoolReader
from collector.warehouse.abilities import Exports, Forgets, Forgotten, Format

_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Waiting:
    """How to wait. `clock` is monotonic, in seconds."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    longest_seconds: float = 60.0


class Requests:
    """Answers requests with the database that the drain has open."""

    def __init__(self, database: SharedDatabase, *, spool: Path, waiting: Waiting) -> None:
        self._database: Final = database
        self._spool: Final = spool
        self._waiting: Final = waiting

    def answer(self, request: Request, write: Callable[[bytes], None]) -> Done:
        """Do what is asked. Raises a `CollectorError`."""
        match request:
            case Export(form):
                return Exported(self._export(form, write))
            case Forget(cluster_id):
                return HasForgotten(self._forget(cluster_id))
            case _:
                assert_never(request)

    def _export(self, form: Format, write: Callable[[bytes], None]) -> int:
        def write_on(data: bytes) -> None:
            if self._database.is_recalled:
                raise WarehouseUnavailable("the database was closed meanwhile; try again later")
            write(data)

        with self._database.borrowed() as database:
            if not isinstance(database, Exports):
                raise CommandFailed("only a DuckDB database is exported by this command")
            return database.export(form, write_on)

    def _forget(self, cluster_id: str) -> Forgotten:
        self._await_drained()
        with self._database.borrowed() as database:
            if not isinstance(database, Forgets):
                raise CommandFailed("what this database took is out of the collector's hands")
            return database.forget(cluster_id)

    def _await_drained(self) -> None:
        """Wait until every report that is in the spool now has reached the database.

        So that none of the cluster's comes after the deletion. Raises `WarehouseUnavailable`.
        """
        give_up_at = self._waiting.clock() + self._waiting.longest_seconds
        with closing(SpoolReader(self._spool)) as reader:
            last_id = reader.last_id()
            while reader.first_unread() <= last_id:
                if self._waiting.clock() > give_up_at:
                    raise WarehouseUnavailable(
                        "reports wait for the database, among them perhaps this cluster's;"
                        " try again when it takes them"
                    )
                self._waiting.sleep(_LOOK_SECONDS)

"""What a warehouse does for the census: it counts reports, and keeps the releases that were made.

Imported only where something is counted: it loads the census.
"""

from abc import ABC, abstractmethod
from typing import Final

from census import Counts, Period, quantities, reading, words
from census.questions import GIB, UNIT


class CensusStore(ABC):
    """The reports of a warehouse, to be counted, and beside them the releases that were made.

    Every method raises `WarehouseUnavailable`: none waits to try again.
    """

    bytes_billed = 0
    """What the counting has cost, in the warehouse's own measure."""

    @abstractmethod
    def count(self, period: Period) -> Counts:
        """Count the reports of a period as `census.count_received` does."""

    @abstractmethod
    def releases(self) -> dict[str, bytes]:
        """Return all releases that are kept, by the names of their periods."""

    @abstractmethod
    def add_release(self, name: str, release: bytes) -> bytes:
        """Keep a release, and return the one of that name that is kept: the first, for ever."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is held."""


CONSTANTS: Final = {
    "text_read": str(reading.TEXT_READ),
    "first_minor": reading.FIRST_MINOR,
    "size": quantities.SIZE,
    "computes": words.COMPUTES,
    "most": str(reading.MOST),
    "places": str(reading.PLACES),
    "unit": str(UNIT),
    "gib": str(GIB),
    "unknown": words.UNKNOWN,
    "several": words.SEVERAL,
    "none": words.NONE,
}
"""What the census reads of a report, for the SQL of each warehouse."""

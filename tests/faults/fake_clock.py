"""The system's clock as seen by programs that are started under libfaketime."""

from datetime import UTC, datetime
from pathlib import Path


class FakeClock:
    """A clock that can be set while programs run. Debian's package `faketime` is needed."""

    def __init__(self, directory: Path) -> None:
        """`directory` takes a file of it."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            raise AssertionError("libfaketime is not installed")
        self._file = directory / "faketime"
        self.set("+0d")
        self.from_start = (
            "env",
            f"LD_PRELOAD={found[0]}",
            f"FAKETIME_TIMESTAMP_FILE={self._file}",
            "FAKETIME_NO_CACHE=1",
            "NO_FAKE_STAT=1",
        )
        """What starts a program for which the clock is not set while it runs."""
        # As on a real machine: what is set is the time of day. But libfaketime 0.9.10 fails each
        # sleep of Python 3.11 then, which asks for a moment of the monotonic clock.
        self.environment = (*self.from_start, "FAKETIME_DONT_FAKE_MONOTONIC=1")
        """What starts a program whose clock may be set."""

    def set(self, offset: str) -> None:
        """Set its distance from the true time, such as `-400d`."""
        replacement = self._file.with_suffix(".new")
        replacement.write_text(f"{offset}\n")
        replacement.replace(self._file)

    def set_to(self, moment: datetime) -> None:
        """Set it to a moment, from which it goes on."""
        seconds = (moment - datetime.now(UTC)).total_seconds()
        self.set(f"{seconds:+.0f}")

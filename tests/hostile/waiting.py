"""How long a response takes, without what other programs on the machine take of it."""

import time
from pathlib import Path
from typing import Self


class Waiting:
    """The seconds of a `with` block, except those without a processor.

    That is while the process `pid`, or this thread, was ready to run and did not get to.
    """

    def __init__(self, pid: int) -> None:
        self._stats = [Path(f"/proc/{name}/schedstat") for name in (str(pid), "thread-self")]
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic() - self._without_processor()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._without_processor() - self._began

    def _without_processor(self) -> float:
        return sum(int(each.read_text().split()[1]) for each in self._stats) / 1e9

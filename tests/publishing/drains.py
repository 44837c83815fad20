"""A drain that is started again: it finds out what is due at its start, and then once an hour."""

import os
import signal

from collector.testing import RunningCollector, wait_until


def start_drain_again(collector: RunningCollector) -> None:
    """Kill the drain of a collector, which starts another."""
    before = collector.drain_pid()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: collector.drain_pid() not in {None, before})
